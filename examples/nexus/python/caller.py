"""A Python workflow in a namespace of its own that has a ticket answered by Holdfast's workers in another one.

    python3 caller.py "It does not turn on"

Connects to TEMPORAL_ADDRESS (default 127.0.0.1:7233), in the namespace NAMESPACE (default: callers), by the Nexus endpoint
ENDPOINT (default: holdfast). It needs no key, no config, and no access to Holdfast's namespace.
"""

import asyncio
import os
import sys
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import nexusrpc
from temporalio import workflow
from temporalio.client import Client, WorkflowFailureError
from temporalio.exceptions import ApplicationError, NexusOperationError
from temporalio.worker import Worker

TASK_QUEUE = "tickets"


# Requests and answers are plain JSON (docs/nexus.md): fields that are not needed are left out.
@nexusrpc.service(name="holdfast")
class Holdfast:
    generate: nexusrpc.Operation[dict[str, Any], dict[str, Any]]


@dataclass
class Ticket:
    text: str
    endpoint: str


@workflow.defn
class AnswerTicket:
    @workflow.run
    async def run(self, ticket: Ticket) -> dict[str, Any]:
        holdfast = workflow.create_nexus_client(service=Holdfast, endpoint=ticket.endpoint)
        try:
            answer = await holdfast.execute_operation(
                Holdfast.generate,
                {
                    "route": "default",
                    "prompt": f"Answer in one sentence: {ticket.text}",
                    "metadata": {"feature": "tickets"},
                },
                # The wait for a Holdfast worker included.
                schedule_to_close_timeout=timedelta(minutes=10),
            )
        except NexusOperationError as error:
            cause = error.cause
            if isinstance(cause, ApplicationError) and cause.type == "GenerationFailed":
                # {"kind": "all_failed", "message": …, "retryAt": …, "attempts": […]}
                details = cause.details[0]
                raise ApplicationError(details["message"], details["kind"], type="NoAnswer", non_retryable=True)
            raise
        return {"text": answer["text"], "target": answer["target"], "attempts": len(answer["attempts"])}


async def main(text: str) -> None:
    client = await Client.connect(
        os.environ.get("TEMPORAL_ADDRESS", "127.0.0.1:7233"), namespace=os.environ.get("NAMESPACE", "callers")
    )
    async with Worker(client, task_queue=TASK_QUEUE, workflows=[AnswerTicket]):
        ticket = Ticket(text=text, endpoint=os.environ.get("ENDPOINT", "holdfast"))
        try:
            answer = await client.execute_workflow(
                AnswerTicket.run, ticket, id=f"ticket-{uuid.uuid4()}", task_queue=TASK_QUEUE
            )
            print(f"{answer['text']} ({answer['target']}, {answer['attempts']} attempts)")
        except WorkflowFailureError as error:
            cause = error.cause
            reason = cause.cause if isinstance(cause, NexusOperationError) and cause.cause else cause
            print(f"no answer: {reason}", file=sys.stderr)
            sys.exit(1)


if __name__ == "__main__":
    asyncio.run(main(" ".join(sys.argv[1:]) or "It does not turn on"))
