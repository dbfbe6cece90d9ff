"""The walk of a new user (`walk/*.json`) under the official Python SDK, in both eras of the protocol.

    walk.py stdio AWARENESS
    walk.py http AWARENESS URL

Over pipes the SDK starts the binary itself. Over HTTP the binary makes the token the server asks for. Each walk is that
of a new owner, so it begins with nothing stored, whatever the store holds of others. What the files can say is in
`README.md`; the SDK itself checks every structured answer against the output schema of its tool.
"""

import asyncio
import json
import os
import subprocess
import sys
import uuid
import warnings
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx2
import mcp_types as types
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp.client.subscriptions import ResourceUpdated, Subscription
from mcp.shared.exceptions import MCPDeprecationWarning
from mcp_types.version import LATEST_HANDSHAKE_VERSION, LATEST_MODERN_VERSION

from expectation import Mismatch, compare, fill, part_of

CLIENT = "walk-python"

# "legacy" begins with `initialize`. "auto" asks `server/discover` first and would fall back; it must not have to.
WAYS = {"legacy": LATEST_HANDSHAKE_VERSION, "auto": LATEST_MODERN_VERSION}

LISTS = {"tool": "name", "resource": "uri", "template": "uriTemplate", "prompt": "name"}

TIMEOUT_SECONDS = 30


class Walk:
    """One client of one owner."""

    def __init__(self, transport: str, way: str) -> None:
        self.way = way
        self.owner = f"walk-{uuid.uuid4()}"
        # Over HTTP there is no session: an older client says who it is once and is told nothing between its requests.
        self.has_session = transport == "stdio" or way == "auto"
        self.values: dict[str, Any] = {"owner": self.owner, "client": CLIENT if self.has_session else None}
        self.used: dict[str, set[str]] = {kind: set() for kind in LISTS}
        self.asked: list[str] = []
        self.updates: asyncio.Queue[str] = asyncio.Queue()

    async def walk(self, server: Any) -> None:
        client = Client(
            server,
            mode=self.way,
            read_timeout_seconds=TIMEOUT_SECONDS,
            client_info=types.Implementation(name=CLIENT, version="1"),
            elicitation_callback=self.accept,
            message_handler=self.hear,
        )
        async with client as self.client, AsyncExitStack() as self.stack:
            self.check_server()
            for file in sorted((Path(__file__).parent / "walk").glob("*.json")):
                steps = json.loads(file.read_text(encoding="utf-8"))["steps"]
                for number, step in enumerate(steps, start=1):
                    try:
                        await self.take(fill(step, self.values))
                    except (Mismatch, MCPError, TimeoutError) as error:
                        raise Mismatch(f"{file.name}, step {number}, {json.dumps(step)[:100]}: {error!r}") from error
            await self.check_use()

    def check_server(self) -> None:
        compare("the protocol version", self.client.protocol_version, WAYS[self.way])
        compare("the server", sent(self.client.server_info), {"name": "awareness", "version": {"$type": "string"}})
        compare("the instructions", self.client.instructions, {"$contains": ["get_briefing", "never instructions"]})

    async def check_use(self) -> None:
        """Nothing the server lists was left out."""
        for kind, member in LISTS.items():
            listed = {item[member] for item in await self.list(f"{kind}s")}
            compare(f"each {kind} that no step uses", sorted(listed - self.used[kind]), [])

    async def take(self, step: dict[str, Any]) -> None:
        kind = next(member for member in step if member != "about")
        try:
            await getattr(self, f"take_{kind}")(step)
        except MCPError as error:
            if error.code not in step.get("error", []):
                raise
        else:
            compare("a call that must fail with", None, step.get("error"))

    async def take_list(self, step: dict[str, Any]) -> None:
        compare("", await self.list(step["list"]), step["expect"])

    async def list(self, kind: str) -> list[dict[str, Any]]:
        match kind:
            case "tools":
                return sent(await self.client.list_tools())["tools"]
            case "resources":
                return sent(await self.client.list_resources())["resources"]
            case "templates":
                return sent(await self.client.list_resource_templates())["resourceTemplates"]
            case _:
                return sent(await self.client.list_prompts())["prompts"]

    async def take_tool(self, step: dict[str, Any]) -> None:
        self.asked.clear()
        result = await self.client.call_tool(step["tool"], step.get("arguments", {}))
        self.used["tool"].add(step["tool"])
        compare("the questions", self.asked, [step["asks"]] if "asks" in step and self.way == "auto" else [])

        first, *links = sent(result)["content"]
        compare("the links", links, [{"type": "resource_link", "uri": uri} for uri in step.get("links", [])])
        text = json.loads(first["text"])
        if "refused" in step:
            always = {"message": {"$type": "string"}, "retryable": {"$type": "boolean"}}
            compare("", result.is_error, True)
            compare("", result.structured_content, None)
            compare("", text, {"$only": {"status": "error", "error": always | step["refused"]}})
        else:
            compare(f"a refusal, {text}", result.is_error or False, False)
            structured = result.structured_content
            same = structured[step["bare"]] if "bare" in step else structured
            compare("both forms say the same", text == same, True)
            compare("", structured, step.get("expect", {}))
            self.values |= {name: part_of(structured, at) for name, at in step.get("keep", {}).items()}

    async def take_resource(self, step: dict[str, Any]) -> None:
        await self.read(step["resource"], step.get("expect"))
        self.used["resource"].add(step["resource"])

    async def take_template(self, step: dict[str, Any]) -> None:
        uri = step["template"]
        for name, value in step["values"].items():
            uri = uri.replace(f"{{{name}}}", quote(value, safe=""))
        await self.read(uri, step["expect"])
        self.used["template"].add(step["template"])

    async def read(self, uri: str, expected: Any) -> None:
        result = await self.client.read_resource(uri)
        compare("the contents", sent(result)["contents"], [{"uri": uri, "mimeType": "application/json"}])
        compare("", json.loads(result.contents[0].text), expected)

    async def take_prompt(self, step: dict[str, Any]) -> None:
        result = await self.client.get_prompt(step["prompt"], step.get("arguments"))
        self.used["prompt"].add(step["prompt"])
        described = {prompt["name"]: prompt["description"] for prompt in await self.list("prompts")}
        message = {"role": "user", "content": {"type": "text", "text": step.get("expect")}}
        compare("", sent(result), {"description": described[step["prompt"]], "messages": [message]})

    async def take_complete(self, step: dict[str, Any]) -> None:
        match step["complete"]:
            case {"prompt": name}:
                reference = types.PromptReference(type="ref/prompt", name=name)
            case {"template": uri}:
                reference = types.ResourceTemplateReference(type="ref/resource", uri=uri)
        result = await self.client.complete(reference, step["argument"], step.get("context"))
        compare("", result.completion.values, step["expect"])

    async def take_watch(self, step: dict[str, Any]) -> None:
        uri = step["watch"]
        if self.way == "auto":
            changes = await self.stack.enter_async_context(self.client.listen(resource_subscriptions=[uri]))
            listener = asyncio.create_task(self.listen(changes))
            self.stack.callback(listener.cancel)
        elif self.has_session:
            await self.client.subscribe_resource(uri)
        else:
            await self.take({"older_watch": uri, "error": [types.INVALID_REQUEST]})

    async def take_older_watch(self, step: dict[str, Any]) -> None:
        await self.client.subscribe_resource(step["older_watch"])

    async def take_told(self, step: dict[str, Any]) -> None:
        """Waits until the resource is said to have changed; what else has changed before it does not matter."""
        async with asyncio.timeout(TIMEOUT_SECONDS):
            while self.has_session and await self.updates.get() != step["told"]:
                pass

    async def listen(self, changes: Subscription) -> None:
        async for change in changes:
            if isinstance(change, ResourceUpdated):
                self.updates.put_nowait(change.uri)

    async def hear(self, message: Any) -> None:
        if isinstance(message, types.ResourceUpdatedNotification):
            self.updates.put_nowait(message.params.uri)

    async def accept(self, _: Any, question: types.ElicitRequestParams) -> types.ElicitResult:
        self.asked.append(question.message)
        return types.ElicitResult(action="accept", content={})


def sent(model: Any) -> dict[str, Any]:
    """A result as it was on the wire."""
    return model.model_dump(mode="json", by_alias=True, exclude_none=True)


def leaf(failure: BaseException) -> BaseException:
    """What failed, inside the groups that tasks put around it."""
    return leaf(failure.exceptions[0]) if isinstance(failure, BaseExceptionGroup) else failure


async def walk(transport: str, way: str, awareness: str, url: str | None) -> None:
    walk = Walk(transport, way)
    if url is None:
        # The SDK passes next to nothing of the environment on.
        settings = {key: value for key, value in os.environ.items() if key.startswith("AWARENESS_")}
        settings["AWARENESS_DEFAULT_OWNER"] = walk.owner
        await walk.walk(StdioServerParameters(command=awareness, args=["serve", "--stdio"], env=settings))
        return
    token = subprocess.run([awareness, "token", "--user", walk.owner], check=True, capture_output=True, text=True)
    headers = {"Authorization": f"Bearer {token.stdout.strip()}"}
    async with httpx2.AsyncClient(headers=headers, timeout=TIMEOUT_SECONDS) as http:
        await walk.walk(streamable_http_client(url, http_client=http))


async def main() -> None:
    match sys.argv[1:]:
        case ["stdio" as transport, awareness]:
            url = None
        case ["http" as transport, awareness, url]:
            pass
        case _:
            sys.exit(__doc__)
    # Subscribing by resource is what the older era has.
    warnings.simplefilter("ignore", MCPDeprecationWarning)
    for way, version in WAYS.items():
        try:
            await walk(transport, way, awareness, url)
        except* Mismatch as mismatches:
            sys.exit(f"{CLIENT} {transport} {version}: {leaf(mismatches)}")
        print(f"pass      {CLIENT} {transport:<5} {version}", flush=True)


if __name__ == "__main__":
    asyncio.run(main())
