import { spawn } from "node:child_process";

/** Runs a program to its end and returns its output; an error has its standard error. */
export function run(
  program: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly input?: string | Uint8Array } = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const path = `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin`;
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: { ...process.env, PATH: path, LC_ALL: "C", DEBIAN_FRONTEND: "noninteractive" },
      stdio: ["pipe", "pipe", "pipe"],
    });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString("latin1")));
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve(Buffer.from(stdout, "latin1").toString());
      else
        reject(new Error(`${program} ${args.join(" ")}: status ${code}\n${stderr.slice(-4000)}`));
    });
    child.stdin.on("error", () => {});
    child.stdin.end(options.input ?? "");
  });
}
