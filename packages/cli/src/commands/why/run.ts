import { explain } from "@evenkeel/core/explain/explain.ts";
import { explanationPage } from "@evenkeel/core/explain/draw/explanation-page.ts";
import { at } from "@evenkeel/core/unit/list.ts";
import type { CliContext } from "../../command/context.ts";
import { readSubjects } from "../../input/read-subject.ts";
import { refuseTwoStdins } from "../../input/read-text.ts";
import { answerOf, explanationText } from "../../text/explanation-text.ts";
import { jsonText } from "../../text/json-text.ts";
import type { WhyFlags } from "./flags.ts";
import { refuseSame, refuseSameWord } from "./refuse-same.ts";

export async function runWhy(
  this: CliContext,
  { gap, state, output }: WhyFlags,
  ...words: [string, string]
): Promise<void> {
  const { surroundings, columns: width, paint } = this;
  refuseTwoStdins(words);
  refuseSameWord(words);
  const read = await readSubjects(words, { state }, surroundings);
  const [a, b] = [at(read, 0), at(read, 1)] as const;
  refuseSame({ word: words[0], evidence: a }, { word: words[1], evidence: b });
  const explanation = explain(a, b, { gap: gap ?? null });
  const text = {
    text: () => explanationText(explanation, { width, paint }),
    json: () => jsonText(explanation),
    html: () => explanationPage(explanation, [a, b], answerOf(explanation)),
  };
  surroundings.stdout.write(text[output]());
}
