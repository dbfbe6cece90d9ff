// What an answer must be, as the files of the walk say it; `README.md` has the words. `expectation.py` is the same.

import { isDeepStrictEqual } from "node:util";

/** An answer is not what it must be. */
export class Mismatch extends Error {}

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

const TYPES = {
    string: (value) => typeof value === "string",
    integer: Number.isInteger,
    number: (value) => typeof value === "number",
    boolean: (value) => typeof value === "boolean",
};

export function compare(what, actual, expected) {
    if (isObject(expected)) {
        for (const [name, wanted] of Object.entries(expected)) {
            if (name.startsWith("$")) {
                WORDS[name](what, actual, wanted);
            } else {
                check(isObject(actual), what, actual, expected);
                compare(`${what}/${name}`, actual[name], wanted);
            }
        }
    } else if (Array.isArray(expected)) {
        check(Array.isArray(actual) && actual.length === expected.length, what, actual, expected);
        expected.forEach((wanted, index) => compare(`${what}/${index}`, actual[index], wanted));
    } else {
        check(actual === expected, what, actual, expected);
    }
}

/** Compares whole values, member by member. */
export function same(what, actual, expected) {
    check(isDeepStrictEqual(actual, expected), what, actual, expected);
}

function matches(actual, expected) {
    try {
        compare("", actual, expected);
        return true;
    } catch (error) {
        if (error instanceof Mismatch) {
            return false;
        }
        throw error;
    }
}

/** Whether a text has a part, or a list an item that is as expected. */
function isPart(whole, part) {
    return typeof whole === "string" ? whole.includes(part) : whole.some((item) => matches(item, part));
}

function check(holds, what, actual, expected) {
    if (!holds) {
        throw new Mismatch(`${what}: ${JSON.stringify(actual) ?? "nothing"} instead of ${JSON.stringify(expected)}`);
    }
}

const WORDS = {
    $absent: (what, actual) => check(actual === undefined, what, actual, "nothing"),
    $contains: (what, actual, parts) =>
        parts.forEach((part) => check(isPart(actual, part), what, actual, { $contains: part })),
    $each: (what, actual, wanted) => actual.forEach((item, index) => compare(`${what}/${index}`, item, wanted)),
    $lacks: (what, actual, parts) =>
        parts.forEach((part) => check(!isPart(actual, part), what, actual, { $lacks: part })),
    $length: (what, actual, wanted) => check(actual.length === wanted, what, actual, { $length: wanted }),
    $only: (what, actual, wanted) => {
        compare(what, actual, wanted);
        const names = (value) => Object.keys(value).sort();
        check(isObject(actual) && isDeepStrictEqual(names(actual), names(wanted)), what, actual, { $only: wanted });
    },
    $type: (what, actual, wanted) => check(TYPES[wanted](actual), what, actual, { $type: wanted }),
};

/** Puts values where their `<names>` stand; a text that is nothing but a name becomes the value itself. */
export function fill(template, values) {
    const valueOf = (name) => {
        if (!(name in values)) {
            throw new Error(`no value is kept as ${name}`);
        }
        return values[name];
    };
    if (Array.isArray(template)) {
        return template.map((item) => fill(item, values));
    }
    if (isObject(template)) {
        const filled = Object.entries(template).map(([name, value]) => [fill(name, values), fill(value, values)]);
        return Object.fromEntries(filled);
    }
    if (typeof template !== "string") {
        return template;
    }
    const whole = /^<(\w+)>$/.exec(template);
    return whole ? valueOf(whole[1]) : template.replace(/<(\w+)>/g, (_, name) => String(valueOf(name)));
}

/** What a JSON pointer points at. */
export function partOf(document, pointer) {
    const names = pointer.split("/").slice(1);
    return names.reduce((part, name) => part[name], document);
}
