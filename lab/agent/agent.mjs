// The agent on the emulated host. It takes commands from the lab's port, one JSON object per line,
// and answers each with its result. It is plain JavaScript; Evenkeel's command lines run in a
// process of their own (`evenkeel.mjs`).
import { execFile, fork } from "node:child_process";
import { createReadStream, openSync, readFileSync, writeFileSync, writeSync } from "node:fs";

// The kernel lets only one process open the port, once.
const port = openSync("/dev/virtio-ports/lab", "r+");
function say(message) {
  const bytes = Buffer.from(`${JSON.stringify(message)}\n`);
  for (let sent = 0; sent < bytes.length;) sent += writeSync(port, bytes, sent);
}

// The process for Evenkeel's command lines, and the ids of those without an answer yet.
let evenkeelProcess = null;
const unanswered = new Set();

// `machine/host.ts` explains these options.
const execArgv = ["--jitless", "--single-threaded", "--import", "/product/lab/agent/stripped.mjs"];
function runEvenkeel(id, argv) {
  if (evenkeelProcess === null) {
    evenkeelProcess = fork("/product/lab/agent/evenkeel.mjs", { execArgv });
    evenkeelProcess.on("message", (outcome) => {
      unanswered.delete(outcome.id);
      say(outcome);
    });
    evenkeelProcess.on("exit", (code, signal) => {
      const stderr = `the process for Evenkeel ended: ${signal ?? code}`;
      for (const lost of unanswered) say({ id: lost, status: 255, stdout: "", stderr });
      unanswered.clear();
      evenkeelProcess = null;
    });
  }
  unanswered.add(id);
  evenkeelProcess.send({ id, argv });
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
