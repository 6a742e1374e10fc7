/**
 * Spellings that other tools have taught and that can mean one thing only, as Evenkeel writes them:
 * `-ojson` of kubectl, and `-v` or `-V` alone for the version. Nothing after `--` is touched.
 */
export function asWritten(argv: readonly string[]): readonly string[] {
  if (argv.length === 1 && (argv[0] === "-v" || argv[0] === "-V")) return ["--version"];
  const end = argv.indexOf("--");
  const [own, rest] = end < 0 ? [argv, []] : [argv.slice(0, end), argv.slice(end)];
  return [...own.flatMap((word) => separate(word)), ...rest];
}

function separate(word: string): readonly string[] {
  const [, value] = /^-o(json|yaml|text|wide|name|svg|html|dot|nccl|libvirt|xml)$/.exec(word) ?? [];
  return value === undefined ? [word] : ["--output", value];
}

/**
 * A command line with the name of its command as one word, also behind `help`: `simulate twins` is
 * a command, and so is `simulate` before anything else.
 */
export function withCommandName(
  words: readonly string[],
  commands: readonly { readonly name: string }[],
): readonly string[] {
  if (words[0] === "help") return ["help", ...withCommandName(words.slice(1), commands)];
  const [first, second, ...rest] = words;
  const name = `${first} ${second}`;
  return commands.some((entry) => entry.name === name) ? [name, ...rest] : words;
}
