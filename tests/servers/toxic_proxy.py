#!/usr/bin/env python3
"""A TCP proxy on a free loopback port that mistreats what passes: toxic_proxy.py UPSTREAM_PORT TOXIC. Prints its port
and ends when standard input closes. Toxics, both ways: "none"; "latency:MS" before each piece; "bandwidth:BYTES" a
second; "link:BYTES" a second for all connections together, each way, with little room in buffers; "slicer:BYTES" pieces with a pause between; "reset:BYTES:TIMES" resets a connection after so many bytes, so many
times in all; "limit:BYTES:TIMES" closes it instead; "timeout:TIMES" takes everything and never answers; "down:TIMES"
closes at once."""
import asyncio
import socket
import struct
import sys

LINGER_NOTHING = struct.pack("ii", 1, 0)
LINK_SLACK = 0.002  # seconds; shorter waits are made up for later
LINK_BUFFER = 256 << 10


class Toxic:
    def __init__(self, text):
        self.kind, *numbers = text.split(":")
        self.numbers = [int(n) for n in numbers]
        self.times = self.numbers[-1] if self.kind in ("reset", "limit", "timeout", "down") else 0

        self.free_at = {}  # of a link, by direction: when it has carried everything so far

    async def carry(self, direction, size):
        now = asyncio.get_running_loop().time()
        self.free_at[direction] = max(self.free_at.get(direction, 0), now) + size / self.numbers[0]
        if (wait := self.free_at[direction] - now) > LINK_SLACK:
            await asyncio.sleep(wait)

    def strike(self):
        self.times -= 1
        return self.times >= 0


async def pass_on(toxic, reader, writer, budget, ends, direction):
    try:
        while data := await reader.read(65536):
            if toxic.kind == "latency":
                await asyncio.sleep(toxic.numbers[0] / 1000)
            elif toxic.kind == "bandwidth":
                await asyncio.sleep(len(data) / toxic.numbers[0])
            elif toxic.kind == "link":
                await toxic.carry(direction, len(data))
            if budget is not None:
                budget[0] -= len(data)
                if budget[0] < 0:
                    writer.write(data[: len(data) // 2])
                    break
            step = toxic.numbers[0] if toxic.kind == "slicer" else len(data)
            for begin in range(0, len(data), step):
                writer.write(data[begin: begin + step])
                await writer.drain()
                if step < len(data):
                    await asyncio.sleep(0)
    except (ConnectionError, OSError):
        pass
    if budget is not None and budget[0] < 0 and toxic.kind == "reset":
        for end in ends:
            if not end.is_closing():
                end.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NOTHING)
    for end in ends if budget is not None and budget[0] < 0 else [writer]:
        end.close()


async def serve(toxic, upstream, reader, writer):
    if toxic.kind == "down" and toxic.strike():
        writer.close()
        return
    if toxic.kind == "timeout" and toxic.strike():
        while await reader.read(65536):
            pass
        writer.close()
        return
    to_reader, to_writer = await asyncio.open_connection("127.0.0.1", upstream)
    budget = [toxic.numbers[0]] if toxic.kind in ("reset", "limit") and toxic.strike() else None
    ends = [writer, to_writer]
    await asyncio.gather(pass_on(toxic, reader, to_writer, budget, ends, "up"),
                         pass_on(toxic, to_reader, writer, budget, ends, "down"))


async def main():
    toxic, upstream = Toxic(sys.argv[2]), int(sys.argv[1])
    listener = socket.create_server(("127.0.0.1", 0))
    if toxic.kind == "link":
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, LINK_BUFFER)
    server = await asyncio.start_server(lambda r, w: serve(toxic, upstream, r, w), sock=listener)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
