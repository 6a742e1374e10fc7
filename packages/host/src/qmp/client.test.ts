import { createServer, type Socket } from "node:net";
import { join } from "node:path";
import { onTestFinished, expect, test } from "vitest";
import { scratchFolder } from "../../testing/scratch.ts";
import { withMonitor } from "./client.ts";
import { messageOf, parseHostAddress, parseLine, parseRamBlocks } from "./parse.ts";

const greeting = '{"QMP": {"version": {}, "capabilities": []}}\r\n';

/** A monitor that answers each command as the test likes. */
async function monitor(
  onLine: (line: string, socket: Socket) => void,
  hello = greeting,
): Promise<string> {
  const path = join(scratchFolder(), "q.sock");
  const server = createServer((socket) => {
    socket.setEncoding("utf8").on("error", () => {});
    socket.write(hello);
    socket.on("data", (text: string) => {
      for (const line of text.split("\n").filter((one) => one !== "")) onLine(line, socket);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(path, resolve);
  });
  onTestFinished(() => void server.close());
  return path;
}

const limits = { timeoutMs: 300, lineBytes: 4096, lines: 1000, totalBytes: 32_768 };

test("commands are answered in order, events skipped, and refusals reported", async () => {
  const path = await monitor((line, socket) => {
    const { execute }: { execute: string } = JSON.parse(line);
    socket.write('{"event": "STOP"}\r\n');
    if (execute === "bad") socket.write('{"error": {"class": "X", "desc": "no such thing"}}\r\n');
    // An answer may come in pieces.
    else {
      socket.write('{"return": ');
      setTimeout(() => socket.write(`"${execute}"}\r\n`), 5);
    }
  });
  await withMonitor(
    path,
    async ({ ask }) => {
      expect(await ask("one")).toBe("one");
      await expect(ask("bad")).rejects.toThrow("bad: no such thing");
      expect(await ask("two")).toBe("two");
    },
    limits,
  );
});

test("what is asked at the same time gets each its own answer", async () => {
  const path = await monitor((line, socket) => {
    const { execute }: { execute: string } = JSON.parse(line);
    const wait = execute === "one" ? 20 : 0;
    setTimeout(() => socket.write(`{"event": "RESUME"}\r\n{"return": "${execute}"}\r\n`), wait);
  });
  const answers = await withMonitor(
    path,
    ({ ask }) => Promise.all(["one", "two", "three"].map((word) => ask(word))),
    limits,
  );
  expect(answers).toEqual(["one", "two", "three"]);
});

test.each([
  ["says nothing", "", () => {}, /did not answer within 0.3 s/],
  ["is something else", "220 smtp\r\n", () => {}, /does not send the greeting/],
  ["closes", greeting, (_: string, socket: Socket) => void socket.destroy(), /closed/],
  [
    "goes on and on",
    greeting,
    (_: string, socket: Socket) => void socket.write("x".repeat(9000)),
    /more than 4096 bytes/,
  ],
  [
    "sends events without end",
    greeting,
    (_: string, socket: Socket) => void socket.write('{"event": "STOP"}\r\n'.repeat(1500)),
    /more than 1000 lines/,
  ],
  [
    "nests without end",
    greeting,
    (_: string, socket: Socket) => void socket.write(`{"return": ${"[".repeat(2000)}\r\n`),
    /nested deeper than 64/,
  ],
  [
    "sends many long lines",
    greeting,
    (_: string, socket: Socket) => void socket.write(`"${"x".repeat(3000)}"\r\n`.repeat(20)),
    /more than 32768 bytes/,
  ],
])(
  "a monitor that %s ends the conversation with a reason",
  async (_what, hello, onLine, message) => {
    const path = await monitor(onLine, hello);
    await expect(
      withMonitor(path, async ({ ask }) => ask("query-cpus-fast"), limits),
    ).rejects.toThrow(message);
  },
);

test("a missing socket is reported", async () => {
  await expect(withMonitor(join(scratchFolder(), "none"), async () => null)).rejects.toThrow(
    /ENOENT/,
  );
});

test("addresses are read from both forms that QEMU prints", () => {
  const answer = "Host virtual address for 0x0 (ram-node0) is 0x7fe40be00000\r\n";
  expect(parseHostAddress(answer)).toEqual({ backend: "ram-node0", address: 0x7fe40be00000 });
  expect(parseHostAddress("Memory at address 0x1 is not RAM\r\n")).toBeNull();
  const table = [
    "              Block Name    PSize              Offset               Used              Total                HVA  RO",
    "               ram-node0    4 KiB  0x0000000000000000 0x0000000008000000 0x0000000008000000 0x00007fe40be00000  rw",
    "       /rom@etc/acpi/tables    4 KiB  0x0000000010080000 0x0000000000020000",
  ].join("\r\n");
  expect(parseRamBlocks(table)).toEqual([{ backend: "ram-node0", address: 0x7fe40be00000 }]);
  expect(parseRamBlocks(table.replace("HVA", ""))).toEqual([]);
  for (const line of ["[]", "null", "{", '"x"', '{"error": 1}']) {
    expect(["other", "error"]).toContain(messageOf(parseLine(line)).kind);
  }
});
