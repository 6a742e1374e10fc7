import { spawn } from "node:child_process";

/** Runs this program once more on another Node, and ends as it ends. */
export function runOn(node) {
  const child = spawn(node, process.argv.slice(1), { stdio: "inherit" });
  // A terminal sends SIGINT to both of them; the child decides what becomes of it.
  process.on("SIGINT", () => {});
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (status, signal) => {
    for (const name of ["SIGINT", "SIGTERM", "SIGHUP"]) process.removeAllListeners(name);
    if (signal === null) process.exitCode = status;
    else process.kill(process.pid, signal);
  });
}
