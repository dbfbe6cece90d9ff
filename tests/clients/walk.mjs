// The walk of a new user (`walk/*.json`) under the official TypeScript SDK.
//
//     node walk.mjs stdio AWARENESS
//     node walk.mjs http AWARENESS URL
//
// Over pipes the SDK starts the binary itself. Over HTTP the binary makes the token the server asks for. The walk is
// that of a new owner, so it begins with nothing stored, whatever the store holds of others. What the files can say is
// in `README.md`; the SDK itself checks every structured answer against the output schema of its tool. AWARENESS_SDK
// names the directory the SDK is installed in.

import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { compare, fill, Mismatch, partOf, same } from "./expectation.mjs";

const required = createRequire(pathToFileURL(join(process.env.AWARENESS_SDK, "package.json")));
const { Client } = required("@modelcontextprotocol/sdk/client/index.js");
const { StdioClientTransport } = required("@modelcontextprotocol/sdk/client/stdio.js");
const { StreamableHTTPClientTransport } = required("@modelcontextprotocol/sdk/client/streamableHttp.js");
const { ErrorCode, LATEST_PROTOCOL_VERSION, McpError, ResourceUpdatedNotificationSchema } = required(
    "@modelcontextprotocol/sdk/types.js",
);

const CLIENT = "walk-typescript";

const LISTS = { tool: "name", resource: "uri", template: "uriTemplate", prompt: "name" };

const TIMEOUT_MS = 30_000;

/** One client of one owner. */
class Walk {
    constructor(transport) {
        this.owner = `walk-${randomUUID()}`;
        // Over HTTP there is no session: the client says who it is once and is told nothing between its requests.
        this.hasSession = transport === "stdio";
        this.values = { owner: this.owner, client: this.hasSession ? CLIENT : null };
        this.used = Object.fromEntries(Object.keys(LISTS).map((kind) => [kind, new Set()]));
        this.updates = [];
        // The SDK's validator says there what it finds odd in a schema.
        this.complaints = [];
        console.warn = (text) => this.complaints.push(text);
        this.client = new Client({ name: CLIENT, version: "1" });
        this.client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => {
            this.updates.push(params.uri);
        });
    }

    async walk(transport) {
        await this.client.connect(transport);
        this.checkServer(transport);
        const chapters = new URL("walk/", import.meta.url);
        for (const file of readdirSync(chapters).sort()) {
            const { steps } = JSON.parse(readFileSync(new URL(file, chapters), "utf8"));
            for (const [index, step] of steps.entries()) {
                try {
                    await this.take(fill(step, this.values));
                } catch (error) {
                    const begun = JSON.stringify(step).slice(0, 100);
                    error.message = `${file}, step ${index + 1}, ${begun}: ${error.message}`;
                    throw error;
                }
            }
        }
        await this.checkUse();
        same("what the SDK complains about", this.complaints, []);
        await this.client.close();
    }

    checkServer(transport) {
        if (!this.hasSession) {
            compare("the protocol version", transport.protocolVersion, LATEST_PROTOCOL_VERSION);
        }
        compare("the server", this.client.getServerVersion(), { name: "awareness", version: { $type: "string" } });
        const instructions = this.client.getInstructions();
        compare("the instructions", instructions, { $contains: ["get_briefing", "never instructions"] });
    }

    /** Nothing the server lists was left out. */
    async checkUse() {
        for (const [kind, member] of Object.entries(LISTS)) {
            const listed = (await this.list(`${kind}s`)).map((item) => item[member]);
            const unused = listed.filter((name) => !this.used[kind].has(name));
            same(`each ${kind} that no step uses`, unused, []);
        }
    }

    async take(step) {
        const kind = Object.keys(step).find((member) => member !== "about");
        try {
            await this[kind](step);
        } catch (error) {
            if (!(error instanceof McpError && step.error?.includes(error.code))) {
                throw error;
            }
            return;
        }
        compare("a call that must fail with", undefined, step.error);
    }

    async list(stepOrKind) {
        if (typeof stepOrKind === "object") {
            return compare("", await this.list(stepOrKind.list), stepOrKind.expect);
        }
        switch (stepOrKind) {
            case "tools":
                return (await this.client.listTools()).tools;
            case "resources":
                return (await this.client.listResources()).resources;
            case "templates":
                return (await this.client.listResourceTemplates()).resourceTemplates;
            default:
                return (await this.client.listPrompts()).prompts;
        }
    }

    async tool(step) {
        const call = { name: step.tool, arguments: step.arguments ?? {} };
        const result = await this.client.callTool(call, undefined, { timeout: TIMEOUT_MS });
        this.used.tool.add(step.tool);

        const [first, ...links] = result.content;
        const expected = (step.links ?? []).map((uri) => ({ type: "resource_link", uri }));
        compare("the links", links, expected);
        const text = JSON.parse(first.text);
        if (step.refused) {
            const always = { message: { $type: "string" }, retryable: { $type: "boolean" } };
            compare("", result.isError, true);
            compare("", result.structuredContent, undefined);
            compare("", text, { $only: { status: "error", error: { ...always, ...step.refused } } });
            return;
        }
        compare(`a refusal, ${first.text}`, result.isError ?? false, false);
        const structured = result.structuredContent;
        same("both forms say the same", text, step.bare ? structured[step.bare] : structured);
        compare("", structured, step.expect ?? {});
        for (const [name, at] of Object.entries(step.keep ?? {})) {
            this.values[name] = partOf(structured, at);
        }
    }

    async resource(step) {
        await this.read(step.resource, step.expect);
        this.used.resource.add(step.resource);
    }

    async template(step) {
        const expand = (uri, [name, value]) => uri.replace(`{${name}}`, encodeURIComponent(value));
        await this.read(Object.entries(step.values).reduce(expand, step.template), step.expect);
        this.used.template.add(step.template);
    }

    async read(uri, expected) {
        const { contents } = await this.client.readResource({ uri });
        compare("the contents", contents, [{ uri, mimeType: "application/json" }]);
        compare("", JSON.parse(contents[0].text), expected);
    }

    async prompt(step) {
        const { description, messages } = await this.client.getPrompt({ name: step.prompt, arguments: step.arguments });
        this.used.prompt.add(step.prompt);
        const listed = (await this.list("prompts")).find(({ name }) => name === step.prompt);
        compare("the description", description, listed.description);
        compare("", messages, [{ role: "user", content: { type: "text", text: step.expect } }]);
    }

    async complete(step) {
        const { prompt: name, template: uri } = step.complete;
        const ref = name ? { type: "ref/prompt", name } : { type: "ref/resource", uri };
        const context = step.context && { arguments: step.context };
        const { completion } = await this.client.complete({ ref, argument: step.argument, context });
        compare("", completion.values, step.expect);
    }

    async watch(step) {
        if (this.hasSession) {
            await this.client.subscribeResource({ uri: step.watch });
        } else {
            await this.take({ olderWatch: step.watch, error: [ErrorCode.InvalidRequest] });
        }
    }

    async olderWatch(step) {
        await this.client.subscribeResource({ uri: step.olderWatch });
    }

    /** Waits until the resource is said to have changed; what else has changed before it does not matter. */
    async told(step) {
        const deadline = Date.now() + TIMEOUT_MS;
        while (this.hasSession && this.updates.shift() !== step.told) {
            if (Date.now() > deadline) {
                throw new Mismatch("was not told");
            }
            await new Promise((resolve) => setTimeout(resolve, 5));
        }
    }
}

function transportOf(walk, awareness, url) {
    if (url === undefined) {
        // The SDK passes next to nothing of the environment on.
        const settings = Object.entries(process.env).filter(([name]) => name.startsWith("AWARENESS_"));
        const env = { ...Object.fromEntries(settings), AWARENESS_DEFAULT_OWNER: walk.owner };
        return new StdioClientTransport({ command: awareness, args: ["serve", "--stdio"], env });
    }
    const token = execFileSync(awareness, ["token", "--user", walk.owner], { encoding: "utf8" }).trim();
    const requestInit = { headers: { Authorization: `Bearer ${token}` } };
    return new StreamableHTTPClientTransport(new URL(url), { requestInit });
}

const [transport, awareness, url] = process.argv.slice(2);
const walk = new Walk(transport);
try {
    await walk.walk(transportOf(walk, awareness, url));
    console.log(`pass      ${CLIENT} ${transport.padEnd(5)} ${LATEST_PROTOCOL_VERSION}`);
} catch (error) {
    console.error(`${CLIENT} ${transport}: ${error.message}`);
    process.exit(1);
}
