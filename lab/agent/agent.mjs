// What runs on the emulated host: takes commands from the port that the lab talks through, one JSON
// object a line, and answers each with what came of it. It is plain JavaScript; Evenkeel's command lines
// go to a process of their own (`evenkeel.mjs`) beside it.
import { execFile, fork } from "node:child_process";
import { createReadStream, openSync, readFileSync, writeFileSync, writeSync } from "node:fs";

// The kernel lets one process open the port, once.
const port = openSync("/dev/virtio-ports/lab", "r+");
function say(message) {
  const bytes = Buffer.from(`${JSON.stringify(message)}\n`);
  for (let sent = 0; sent < bytes.length;) sent += writeSync(port, bytes, sent);
}

// The process that runs Evenkeel's command lines, and the numbers of those that it has not answered.
let warm = null;
const asked = new Set();

// Why these, `machine/host.ts` says.
const execArgv = ["--jitless", "--single-threaded", "--import", "/product/lab/agent/stripped.mjs"];
function runEvenkeel(id, argv) {
  if (warm === null) {
    warm = fork("/product/lab/agent/evenkeel.mjs", { execArgv });
    warm.on("message", (outcome) => {
      asked.delete(outcome.id);
      say(outcome);
    });
    warm.on("exit", (code, signal) => {
      const stderr = `the process of Evenkeel's ended: ${signal ?? code}`;
      for (const lost of asked) say({ id: lost, status: 255, stdout: "", stderr });
      asked.clear();
      warm = null;
    });
  }
  asked.add(id);
  warm.send({ id, argv });
}

function answer({ id, program, args, input, timeoutMs, write, text, read, evenkeel }) {
  if (evenkeel !== undefined) {
    runEvenkeel(id, evenkeel);
    return;
  }
  if (write !== undefined) {
    writeFileSync(write, text);
    say({ id, status: 0, stdout: "", stderr: "" });
    return;
  }
  if (read !== undefined) {
    say({ id, status: 0, stdout: readFileSync(read, "utf8"), stderr: "" });
    return;
  }
  const options = { maxBuffer: 64 << 20, timeout: timeoutMs, killSignal: "SIGKILL" };
  const child = execFile(program, args, options, (error, stdout, stderr) => {
    const status = error === null ? 0 : typeof error.code === "number" ? error.code : 255;
    say({ id, status, stdout, stderr: status === 255 ? `${stderr}${error.message}` : stderr });
  });
  child.stdin?.on("error", () => {});
  child.stdin?.end(input ?? "");
}

let rest = "";
createReadStream("", { fd: port, highWaterMark: 1 << 16 }).on("data", (chunk) => {
  rest += chunk.toString();
  for (;;) {
    const end = rest.indexOf("\n");
    if (end < 0) return;
    const line = rest.slice(0, end);
    rest = rest.slice(end + 1);
    if (line.trim() === "") continue;
    let message = {};
    try {
      message = JSON.parse(line);
      answer(message);
    } catch (error) {
      say({ id: message.id ?? null, status: 255, stdout: "", stderr: String(error) });
    }
  }
});
say({ id: 0, status: 0, stdout: "up", stderr: "" });
