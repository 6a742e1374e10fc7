// What runs on the emulated host: takes commands from the port that the lab talks through, one JSON
// object a line, and answers each with what came of it. It is plain JavaScript and knows nothing of
// Evenkeel: commands do.
import { execFile } from "node:child_process";
import { createReadStream, openSync, readFileSync, writeFileSync, writeSync } from "node:fs";

// The kernel lets one process open the port, once.
const port = openSync("/dev/virtio-ports/lab", "r+");
function say(message) {
  const bytes = Buffer.from(`${JSON.stringify(message)}\n`);
  for (let sent = 0; sent < bytes.length;) sent += writeSync(port, bytes, sent);
}

function answer({ id, program, args, input, timeoutMs, write, text, read }) {
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
