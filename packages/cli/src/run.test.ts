import { systemClock } from "@evenkeel/host/clock/clock.ts";
import { expect, test } from "vitest";
import { runCli } from "./run.ts";
import { evenkeel, outcomeText } from "../testing/evenkeel.ts";

/** The outcome of a command line, below it. */
async function session(...lines: readonly string[]): Promise<string> {
  const outcomes: string[] = [];
  for (const line of lines) {
    const argv = line.split(" ").filter((word) => word !== "");
    outcomes.push(`$ evenkeel ${line}\n${outcomeText(await evenkeel(argv))}`);
  }
  return `\n${outcomes.join("\n")}`;
}

test("without a command, and on request, evenkeel says what it does", async () => {
  const bare = await evenkeel([]);
  expect(bare).toEqual(await evenkeel(["--help"]));
  expect(bare).toEqual(await evenkeel(["-h"]));
  expect(bare).toMatchObject({ status: 0, stderr: "" });
  expect(await session("--version")).toMatchInlineSnapshot(`
    "
    $ evenkeel --version
    0.0.0-test
    --- exit 0
    "
  `);
});

test("a misspelled command, flag or value is told with the nearest right one", async () => {
  const outcomes = await session(
    "plaec",
    "frobnicate",
    "--verison",
    "topology --form live",
    "topology --frobnicate",
    "place vm.yaml --on machine:x --output jsn",
    "completion fsh",
    "__complet",
  );
  expect(outcomes).toMatchInlineSnapshot(`
    "
    $ evenkeel plaec
    --- stderr
    evenkeel: there is no command "plaec"
      try       evenkeel place
      code      usage
    --- exit 2

    $ evenkeel frobnicate
    --- stderr
    evenkeel: there is no command "frobnicate"
      expected  one of topology, snapshot, place, capacity, prepare, render, verify, why, doctor,
                evidence, guest, exec, run, stop, adopt, list, console, measure, simulate, simulate
                twins, demo, schema, completion, help, version
      try       see evenkeel --help
      code      usage
    --- exit 2

    $ evenkeel --verison
    --- stderr
    evenkeel: there is no flag --verison
      try       did you mean --version?
      code      usage
    --- exit 2

    $ evenkeel topology --form live
    --- stderr
    evenkeel: there is no flag --form
      try       did you mean --from?
      code      usage
    --- exit 2

    $ evenkeel topology --frobnicate
    --- stderr
    evenkeel: there is no flag --frobnicate
      try       see evenkeel topology --help
      code      usage
    --- exit 2

    $ evenkeel place vm.yaml --on machine:x --output jsn
    --- stderr
    evenkeel: --output is "jsn"
      expected  one of text, json, svg, libvirt
      try       did you mean json?
      code      usage
    --- exit 2

    $ evenkeel completion fsh
    --- stderr
    evenkeel: SHELL is "fsh"
      expected  one of bash, zsh, fish
      try       did you mean zsh?
      code      usage
    --- exit 2

    $ evenkeel __complet
    --- stderr
    evenkeel: there is no command "__complet"
      expected  one of topology, snapshot, place, capacity, prepare, render, verify, why, doctor,
                evidence, guest, exec, run, stop, adopt, list, console, measure, simulate, simulate
                twins, demo, schema, completion, help, version
      try       see evenkeel --help
      code      usage
    --- exit 2
    "
  `);
});

test("arguments that are missing, too many or empty are told one at a time", async () => {
  const outcomes = await session(
    "place",
    "place vm.yaml",
    "place a.yaml b.yaml --on live",
    "topology --from",
    "topology --from=",
    "topology --from --output json",
    "topology --output json --output text",
    "topology -x",
    "place - --on -",
  );
  expect(outcomes).toMatchInlineSnapshot(`
    "
    $ evenkeel place
    --- stderr
    evenkeel: VM is missing
      expected  a file with a VirtualMachine, and Flavors if there are any; - is standard input
      try       evenkeel place vm.yaml --on machine:hgx-h100
      code      usage
    --- exit 2

    $ evenkeel place vm.yaml
    --- stderr
    evenkeel: --on is missing
      expected  a host to try (--on SRC), or a file with hosts (--fleet FILE)
      try       evenkeel place vm.yaml --on live
      code      usage
    --- exit 2

    $ evenkeel place a.yaml b.yaml --on live
    --- stderr
    evenkeel: there is one argument too many: "b.yaml"
      try       one VM at a time: evenkeel place a.yaml --on live, then the same with b.yaml
      code      usage
    --- exit 2

    $ evenkeel topology --from
    --- stderr
    evenkeel: --from needs a value
      expected  the machine to read (live if not given); repeat it to merge several sources of one
                machine
      try       see evenkeel topology --help
      code      usage
    --- exit 2

    $ evenkeel topology --from=
    --- stderr
    evenkeel: --from needs a value
      expected  the machine to read (live if not given); repeat it to merge several sources of one
                machine
      try       see evenkeel topology --help
      code      usage
    --- exit 2

    $ evenkeel topology --from --output json
    --- stderr
    {"error":{"code":"usage","message":"--from needs a value","where":null,"expected":"the machine to read (live if not given); repeat it to merge several sources of one machine","remedy":"see evenkeel topology --help"}}
    --- exit 2

    $ evenkeel topology --output json --output text
    --- stderr
    {"error":{"code":"usage","message":"--output is given twice","where":null,"expected":"it once","remedy":"evenkeel topology --output text"}}
    --- exit 2

    $ evenkeel topology -x
    --- stderr
    evenkeel: there is no flag -x
      try       see evenkeel topology --help
      code      usage
    --- exit 2

    $ evenkeel place - --on -
    --- stderr
    evenkeel: standard input is named twice
      expected  at most one -
      try       write one of the two to a file
      code      usage
    --- exit 2
    "
  `);
});

test("what JavaScript objects inherit is no command and no flag", async () => {
  for (const name of ["constructor", "toString", "__proto__", "hasOwnProperty", "valueOf"]) {
    const outcomes = [
      await evenkeel([name]),
      await evenkeel([`--${name}`]),
      await evenkeel(["topology", `--${name}`, "x"]),
      await evenkeel(["topology", `--${name}=x`]),
      await evenkeel(["place", name, "--on", name]),
    ];
    expect(outcomes.map(({ status }) => status)).toEqual([2, 2, 2, 2, 2]);
  }
});

test("with --output json an error is one line of JSON on standard error", async () => {
  expect(await session("topology --output json --frm live", "topology --frm x --output=json"))
    .toMatchInlineSnapshot(`
      "
      $ evenkeel topology --output json --frm live
      --- stderr
      {"error":{"code":"usage","message":"there is no flag --frm","where":null,"expected":null,"remedy":"did you mean --from?"}}
      --- exit 2

      $ evenkeel topology --frm x --output=json
      --- stderr
      {"error":{"code":"usage","message":"there is no flag --frm","where":null,"expected":null,"remedy":"did you mean --from?"}}
      --- exit 2
      "
    `);
});

test("colors are for terminals, and for those who want them", async () => {
  const colored = async (env: Record<string, string>, terminal?: number): Promise<boolean> =>
    (
      await evenkeel(["plaec"], { env, ...(terminal !== undefined && { terminal }) })
    ).stderr.includes("\u001b[");
  expect(await colored({}, 80)).toBe(true);
  expect(await colored({})).toBe(false);
  expect(await colored({ NO_COLOR: "1" }, 80)).toBe(false);
  expect(await colored({ NO_COLOR: "" }, 80)).toBe(true);
  expect(await colored({ TERM: "dumb" }, 80)).toBe(false);
});

test("a bug is told as one, with its stack only for those who debug", async () => {
  const run = async (env: Record<string, string>): Promise<{ stderr: string; status: number }> => {
    let stderr = "";
    const status = await runCli(["--help"], {
      stdout: {
        write: () => {
          throw new Error("the disk of the terminal is full");
        },
        isTTY: false,
        columns: null,
      },
      stderr: { write: (text) => void (stderr += text), isTTY: false, columns: null },
      readStdin: async () => null,
      env,
      version: "0",
      clock: systemClock,
      sayNow: () => {},
      isOwnProcess: false,
      interrupted: () => AbortSignal.abort(),
    });
    return { stderr, status };
  };
  const { stderr, status } = await run({});
  expect(status).toBe(1);
  expect(stderr).toMatchInlineSnapshot(`
    "evenkeel: this is a bug in Evenkeel: the disk of the terminal is full
      try       run it again with EVENKEEL_DEBUG=1 and report what it prints
      code      internal
    "
  `);
  expect((await run({ EVENKEEL_DEBUG: "1" })).stderr).toMatch(/caused by: |at .*run\.test\.ts/);
});
