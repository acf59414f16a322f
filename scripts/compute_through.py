"""Whether a running JupyterLab computes: a kernel of it finds the face in a photo.

    python compute_through.py URL TOKEN PHOTO

Without the token nothing is answered; with it a kernel is started, asked and ended. Ends with 0
where all is as it should be, else with 1 and a sentence. Needs an installed facestream.
"""

from __future__ import annotations

import asyncio
import sys
import uuid

from aiohttp import ClientSession, ClientTimeout

KERNELS = "/api/kernels"
ANSWER_S = 180.0
"""A slow machine takes a minute to import TensorFlow."""

CODE = """
from facestream.vision.runtime import start_tensorflow
start_tensorflow("cpu")
from pathlib import Path
from facestream.vision.images import decode_picture
from facestream.vision.pipeline import load_pipeline
[faces] = load_pipeline().faces([decode_picture(Path({photo!r}).read_bytes(), 10**8)])
print(len(faces), "face")
"""


async def status_without_token(url: str) -> int:
    """What somebody gets who does not know the token."""
    async with ClientSession(url) as session, session.get(KERNELS) as answer:
        return answer.status


async def computed(url: str, token: str, code: str) -> str:
    """What a kernel prints when it is given the code, or its error."""
    async with ClientSession(
        url,
        headers={"Authorization": f"token {token}"},
        raise_for_status=True,
        timeout=ClientTimeout(total=ANSWER_S),
    ) as session:
        async with session.post(KERNELS) as answer:
            kernel = f"{KERNELS}/{(await answer.json())['id']}"
        try:
            return await _told(session, kernel, code)
        finally:
            await session.delete(kernel)


async def _told(session: ClientSession, kernel: str, code: str) -> str:
    """Jupyter's messages: https://jupyter-client.readthedocs.io/en/stable/messaging.html."""
    header = {"msg_id": uuid.uuid4().hex, "msg_type": "execute_request", "session": "proof"}
    request = {"header": header, "parent_header": {}, "metadata": {}, "channel": "shell"}
    told = ""
    async with session.ws_connect(f"{kernel}/channels", max_msg_size=0) as socket:
        await socket.send_json({**request, "content": {"code": code}})
        while True:
            message = await socket.receive_json()
            content = message["content"]
            if message["parent_header"].get("msg_id") != header["msg_id"]:
                continue
            match message["msg_type"]:
                case "stream" if content["name"] == "stdout":
                    told += content["text"]
                case "error":
                    told += "\n".join(content["traceback"])
                case "status" if content["execution_state"] == "idle":
                    return told


async def main(url: str, token: str, photo: str) -> None:
    if (status := await status_without_token(url)) != 403:
        sys.exit(f"without the token the answer is {status}")
    async with asyncio.timeout(ANSWER_S):
        told = await computed(url, token, CODE.format(photo=photo))
    if told != "1 face\n":
        sys.exit(f"the kernel says: {told}")
    print(f"nothing without the token; with it, a kernel says: {told.strip()}")


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
