// Grades a site on local ports by the rules of the MDN HTTP Observatory, whose own command knows the
// ports 80 and 443 only.
import { ALL_TESTS } from "@mdn/mdn-http-observatory/src/constants.js";
import { MINIMUM_SCORE_FOR_EXTRA_CREDIT } from "@mdn/mdn-http-observatory/src/grader/charts.js";
import { getGradeForScore, getScoreModifier } from "@mdn/mdn-http-observatory/src/grader/grader.js";
import { retrieve } from "@mdn/mdn-http-observatory/src/retriever/retriever.js";

const [httpPort, httpsPort] = process.argv.slice(2).map(Number);
const site = await retrieve("localhost", { httpPort, httpsPort });
const results = ALL_TESTS.map((test) => test(site));
const points = results.map((result) => (result.result ? getScoreModifier(result.result) : 0));
const sum = (numbers) => numbers.reduce((first, second) => first + second, 100);
const base = sum(points.filter((number) => number < 0));
const { grade, score } = getGradeForScore(
  base >= MINIMUM_SCORE_FOR_EXTRA_CREDIT ? sum(points) : base,
);
const found = Object.fromEntries(
  results.map((result) => [result.constructor.name, { pass: result.pass, result: result.result }]),
);
console.log(JSON.stringify({ status: site.responses.auto.status, grade, score, found }));
// A connection that is kept open would keep it running.
process.exit(0);
