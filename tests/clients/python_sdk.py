"""The product under the official Python SDK: every tool, both ways to begin, through one transport.

    python_sdk.py stdio COMMAND [ARGUMENT ...]
    python_sdk.py http URL

Over stdio the SDK starts the command itself. The store may hold anything: what is written here has names of its own.
The SDK checks every structured answer against the output schema of its tool.
"""

import asyncio
import json
import os
import sys
import uuid
from typing import Any

from mcp import Client, MCPError, StdioServerParameters
from mcp_types import CallToolResult, Tool
from mcp_types.version import LATEST_HANDSHAKE_VERSION, LATEST_MODERN_VERSION

TOOLS = {
    "add_context",
    "delete_entry",
    "get_deleted",
    "get_knowledge",
    "get_stats",
    "get_tags",
    "learn_pattern",
    "remember",
    "restore_entry",
    "set_preference",
    "update_entry",
}

# "legacy" begins with `initialize`. "auto" asks `server/discover` first and would fall back; it must not have to.
WAYS = {"legacy": LATEST_HANDSHAKE_VERSION, "auto": LATEST_MODERN_VERSION}

TIMEOUT_SECONDS = 30


class Failure(Exception):
    """An answer was not what it must be."""


def check(what: str, actual: Any, expected: Any = True) -> None:
    """Compares; plain `assert` would vanish under `python -O`."""
    if actual != expected:
        raise Failure(f"{what}: {actual!r} instead of {expected!r}")


class Session:
    """A connected client whose calls check the form of every answer."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.called: set[str] = set()

    async def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """Calls a tool that must succeed; returns its structured content."""
        result = await self.client.call_tool(tool, arguments)
        self.called.add(tool)
        text = text_of(tool, result)
        check(f"{tool} failed with {text}", result.is_error or False, False)
        structured = result.structured_content
        check(f"{tool} has structured content", isinstance(structured, dict))
        # The list of tags is a bare array in the text, for clients that know it so.
        check(f"{tool} says the same in both forms", text, structured["tags"] if tool == "get_tags" else structured)
        return structured

    async def refused(self, tool: str, code: str, **arguments: Any) -> dict[str, Any]:
        """Calls a tool that must refuse; returns the error of its envelope."""
        result = await self.client.call_tool(tool, arguments)
        text = text_of(tool, result)
        check(f"{tool} refuses {arguments}", result.is_error)
        check(f"{tool} has no structured content when it refuses", result.structured_content, None)
        check(f"{tool} refuses with an envelope", sorted(text), ["error", "status"])
        check(f"{tool} refuses with a status", text["status"], "error")
        error = text["error"]
        check(f"{tool} says why", bool(error["message"]))
        check(f"{tool} says whether to repeat", isinstance(error["retryable"], bool))
        check(f"{tool} refuses {arguments} with a code", error["code"], code)
        return error

    async def known(self, mode: str, **filters: Any) -> dict[str, dict[str, Any]]:
        """What `get_knowledge` finds, by id."""
        page = await self.call("get_knowledge", mode=mode, **filters)
        return {entry["id"]: entry for entry in page["entries"]}

    async def trashed(self) -> dict[str, dict[str, Any]]:
        """What is in the trash, by id."""
        page = await self.call("get_deleted", mode="list")
        return {entry["id"]: entry for entry in page["entries"]}


def text_of(tool: str, result: CallToolResult) -> Any:
    check(f"{tool} answers in one text", [block.type for block in result.content], ["text"])
    return json.loads(result.content[0].text)


def check_server(client: Client, version: str) -> None:
    check("the protocol version", client.protocol_version, version)
    check("the server says who it is", client.server_info is not None and client.server_info.name, "awareness")
    check("the server says how to use it", bool(client.instructions))
    check("the server offers tools", client.server_capabilities.tools is not None)


def check_tool(tool: Tool) -> None:
    check(f"{tool.name} is described", bool(tool.description))
    check(f"{tool.name} takes an object", tool.input_schema["type"], "object")
    check(f"{tool.name} has an output schema", (tool.output_schema or {}).get("type"), "object")
    hints = tool.annotations
    check(f"{tool.name} has annotations", hints is not None)
    check(f"{tool.name} has a title", bool(tool.title or hints.title))
    check(f"{tool.name} says that it reads only or not", isinstance(hints.read_only_hint, bool))
    check(f"{tool.name} stays in its own world", hints.open_world_hint, False)
    if not hints.read_only_hint:
        check(f"{tool.name} says whether it destroys", isinstance(hints.destructive_hint, bool))
        check(f"{tool.name} says whether it may be repeated", isinstance(hints.idempotent_hint, bool))


async def check_tools(client: Client) -> None:
    listed = await client.list_tools()
    check("the tools", sorted(tool.name for tool in listed.tools), sorted(TOOLS))
    check("all tools come at once", listed.next_cursor, None)
    for tool in listed.tools:
        check_tool(tool)


async def check_writing(session: Session, name: str) -> dict[str, str]:
    """Creates one entry with each tool that creates; returns their ids."""
    note = {"source": name, "tags": [name, "client"], "logical_key": "colour"}
    created = await session.call("remember", description="The roof is red.", **note)
    check("a new key", (created["status"], created["action"]), ("ok", "created"))
    updated = await session.call("remember", description="The roof is green.", **note)
    check("a known key", (updated["id"], updated["action"]), (created["id"], "updated"))

    pattern = await session.call(
        "learn_pattern",
        source=name,
        description="Fridays are loud.",
        tags=[name],
        conditions={"day_of_week": "friday"},
        effect="noise",
    )
    context = await session.call(
        "add_context", source=name, description="The lift is broken.", tags=[name], expires_days=3
    )
    check("passing facts expire", bool(context["expires"]))
    preference = await session.call("set_preference", key="replies", value="short", scope=name)
    again = await session.call("set_preference", key="replies", value="long", scope=name)
    check("a preference is replaced", again["id"], preference["id"])
    check("a preference says where it holds", (again["key"], again["scope"]), ("replies", name))

    return {
        "note": created["id"],
        "pattern": pattern["id"],
        "context": context["id"],
        "preference": preference["id"],
    }


async def check_reading(session: Session, name: str, ids: dict[str, str]) -> None:
    tagged = {ids["note"], ids["pattern"], ids["context"]}
    listed = await session.known("list", tags=[name])
    check("what is listed", set(listed), tagged)
    check("a summary", listed[ids["note"]]["description"], "The roof is green.")
    check("a summary leaves out the data", "data" in listed[ids["note"]], False)

    full = await session.known("full", source=name)
    check("what is found by source", set(full), set(ids.values()))
    note = full[ids["note"]]
    check("a type", note["type"], "note")
    check("tags", note["tags"], [name, "client"])
    check("a key", note["logical_key"], "colour")
    check("data", note["data"]["description"], "The roof is green.")
    check("conditions", full[ids["pattern"]]["data"]["conditions"], {"day_of_week": "friday"})
    check("an expiry", bool(full[ids["context"]]["expires"]))
    preference = await session.known("full", source=name, entry_type="preference")
    check("what is found by type", set(preference), {ids["preference"]})
    check("a preference", preference[ids["preference"]]["data"]["value"], "long")
    first = await session.call("get_knowledge", source=name, mode="list", limit=1)
    check("a page of one", (len(first["entries"]), first["has_more"]), (1, True))

    statistics = await session.call("get_stats")
    check("the source is counted", name in statistics["sources"])
    check("the total is the sum", statistics["total"], sum(statistics["entries"].values()))
    counts = {tag["tag"]: tag["count"] for tag in (await session.call("get_tags"))["tags"]}
    check("the tag is counted", counts.get(name), 3)


async def check_changing(session: Session, name: str, ids: dict[str, str]) -> None:
    changed = await session.call("update_entry", entry_id=ids["note"], description="The roof is blue.", tags=[name])
    check("a change", (changed["status"], changed["id"], bool(changed["updated"])), ("ok", ids["note"], True))
    note = (await session.known("full", source=name, include_history="true"))[ids["note"]]
    check("the new description", note["data"]["description"], "The roof is blue.")
    check("the new tags", note["tags"], [name])
    check("history is kept", "The roof is green." in json.dumps(note["data"]))


async def check_trash(session: Session, name: str, ids: dict[str, str]) -> None:
    one = ids["context"]
    gone = await session.call("delete_entry", entry_id=one)
    check("a deletion", (gone["status"], gone["entry_id"]), ("acknowledged", one))
    check("a deleted entry is not found", one in await session.known("list", source=name), False)
    check("a deleted entry is in the trash", bool((await session.trashed())[one]["deleted"]))
    back = await session.call("restore_entry", entry_id=one)
    check("a restoration", (back["status"], back["restored"]), ("ok", 1))
    check("a restored entry is found", one in await session.known("list", source=name))

    would = await session.call("delete_entry", tags=[name])
    check("a dry run", (would["status"], would["would_trash"]), ("dry_run", 3))
    check("a dry run deletes nothing", len(await session.known("list", tags=[name])), 3)
    changed = await session.refused("delete_entry", "conflict", tags=[name], confirm=True, expected_count=7)
    check("the counts", (changed["expected"], changed["actual"]), (7, 3))
    did = await session.call("delete_entry", tags=[name], confirm=True, expected_count=3)
    check("a bulk deletion", (did["status"], did["trashed"]), ("ok", 3))
    check("bulk deletion deletes", await session.known("list", tags=[name]), {})
    back = await session.call("restore_entry", tags=[name])
    check("a bulk restoration", (back["status"], back["restored"]), ("ok", 3))


async def check_refusals(session: Session, name: str) -> None:
    missing = await session.refused("remember", "invalid_parameter", source=name, tags=[])
    check("the missing argument", missing["param"], "description")
    mode = await session.refused("get_knowledge", "invalid_parameter", mode="lst")
    check("the wrong argument", (mode["param"], mode["value"]), ("mode", "lst"))
    check("what would be right", sorted(mode["valid"]), ["full", "list"])
    kind = await session.refused("get_knowledge", "invalid_parameter", tags=7)
    check("the argument of a wrong kind", kind["param"], "tags")
    await session.refused("update_entry", "not_found", entry_id=str(uuid.uuid4()), description="Nowhere.")

    try:
        await session.client.call_tool("no_such_tool", {})
    except MCPError as error:
        check("the code for an unknown tool", error.code, -32602)
    else:
        raise Failure("an unknown tool was called")


async def check_way(server: StdioServerParameters | str, way: str, version: str) -> None:
    name = f"client-{uuid.uuid4()}"
    async with Client(server, mode=way, read_timeout_seconds=TIMEOUT_SECONDS) as client:
        check_server(client, version)
        await check_tools(client)
        session = Session(client)
        ids = await check_writing(session, name)
        await check_reading(session, name, ids)
        await check_changing(session, name, ids)
        await check_trash(session, name, ids)
        await check_refusals(session, name)
        check("every tool was called", session.called, TOOLS)
        rest = await session.call("delete_entry", source=name, confirm=True)
        check("what is left is deleted", rest["trashed"], len(ids))


def server_of(arguments: list[str]) -> StdioServerParameters | str:
    match arguments:
        case ["stdio", command, *rest]:
            # The SDK passes next to nothing of the environment on.
            settings = {key: value for key, value in os.environ.items() if key.startswith("AWARENESS_")}
            return StdioServerParameters(command=command, args=rest, env=settings)
        case ["http", url]:
            return url
        case _:
            sys.exit(__doc__)


async def main() -> None:
    server = server_of(sys.argv[1:])
    for way, version in WAYS.items():
        await check_way(server, way, version)
        print(f"pass      {sys.argv[1]:<9} {version}", flush=True)


if __name__ == "__main__":
    asyncio.run(main())
