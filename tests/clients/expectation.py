"""What an answer must be, as the files of the walk say it; `README.md` has the words. `expectation.mjs` is the same."""

import re
from typing import Any

MISSING = object()

TYPES = {"string": str, "integer": int, "number": (int, float), "boolean": bool}


class Mismatch(Exception):
    """An answer is not what it must be."""


def compare(what: str, actual: Any, expected: Any) -> None:
    """Compares; a plain `assert` would vanish under `python -O`."""
    if isinstance(expected, dict):
        for name, wanted in expected.items():
            if name.startswith("$"):
                WORDS[name](what, actual, wanted)
            else:
                check(isinstance(actual, dict), what, actual, expected)
                compare(f"{what}/{name}", actual.get(name, MISSING), wanted)
    elif isinstance(expected, list):
        check(isinstance(actual, list) and len(actual) == len(expected), what, actual, expected)
        for index, wanted in enumerate(expected):
            compare(f"{what}/{index}", actual[index], wanted)
    else:
        check(actual == expected and isinstance(actual, bool) == isinstance(expected, bool), what, actual, expected)


def matches(actual: Any, expected: Any) -> bool:
    try:
        compare("", actual, expected)
    except Mismatch:
        return False
    return True


def is_part(of: Any, part: Any) -> bool:
    """Whether a text has a part, or a list an item that is as expected."""
    return part in of if isinstance(of, str) else any(matches(item, part) for item in of)


def check(holds: bool, what: str, actual: Any, expected: Any) -> None:
    if not holds:
        actual = "nothing" if actual is MISSING else repr(actual)
        raise Mismatch(f"{what}: {actual} instead of {expected!r}")


def absent(what: str, actual: Any, _: bool) -> None:
    check(actual is MISSING, what, actual, "nothing")


def contains(what: str, actual: Any, parts: list[Any]) -> None:
    for part in parts:
        check(is_part(actual, part), what, actual, {"$contains": part})


def lacks(what: str, actual: Any, parts: list[Any]) -> None:
    for part in parts:
        check(not is_part(actual, part), what, actual, {"$lacks": part})


def each(what: str, actual: list[Any], wanted: Any) -> None:
    for index, item in enumerate(actual):
        compare(f"{what}/{index}", item, wanted)


def length(what: str, actual: list[Any], wanted: int) -> None:
    check(len(actual) == wanted, what, actual, {"$length": wanted})


def only(what: str, actual: Any, wanted: dict[str, Any]) -> None:
    compare(what, actual, wanted)
    check(isinstance(actual, dict) and set(actual) == set(wanted), what, actual, {"$only": wanted})


def of_type(what: str, actual: Any, wanted: str) -> None:
    is_right = isinstance(actual, TYPES[wanted]) and (wanted == "boolean") == isinstance(actual, bool)
    check(is_right, what, actual, {"$type": wanted})


WORDS = {
    "$absent": absent,
    "$contains": contains,
    "$each": each,
    "$lacks": lacks,
    "$length": length,
    "$only": only,
    "$type": of_type,
}


def fill(template: Any, values: dict[str, Any]) -> Any:
    """Puts values where their `<names>` stand; a text that is nothing but a name becomes the value itself."""
    if isinstance(template, dict):
        return {fill(name, values): fill(value, values) for name, value in template.items()}
    if isinstance(template, list):
        return [fill(item, values) for item in template]
    if not isinstance(template, str):
        return template
    if whole := re.fullmatch(r"<(\w+)>", template):
        return values[whole[1]]
    return re.sub(r"<(\w+)>", lambda name: str(values[name[1]]), template)


def part_of(document: Any, pointer: str) -> Any:
    """What a JSON pointer points at."""
    for name in pointer.split("/")[1:]:
        document = document[int(name)] if isinstance(document, list) else document[name]
    return document
