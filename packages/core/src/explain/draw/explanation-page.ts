import type { Evidence } from "../../evidence/evidence.ts";
import { shellLine } from "../../text/shell.ts";
import { slowerText } from "../../text/slower.ts";
import { printable } from "../../text/printable.ts";
import { element, type XmlElement, type XmlNode } from "../../xml/element.ts";
import { writeXml } from "../../xml/write.ts";
import type { Difference, Explanation } from "../explanation.ts";
import { type Subject, subjectOf } from "../subject/subject.ts";
import { machinePicture } from "./machine-picture.ts";
import { pageStyle } from "./style.ts";

/**
 * An explanation as one page of HTML that loads nothing: the answer, both subjects on their
 * machines side by side, and every difference with its price and what to do. The same explanation
 * gives the same bytes.
 *
 * @param headline the answer in a sentence, as the text for terminals gives it.
 */
export function explanationPage(
  explanation: Explanation,
  [a, b]: readonly [Evidence, Evidence],
  headline: string,
): string {
  const { differences, checked, unchecked } = explanation;
  const apart = differences.filter((one) => one.in !== "both");
  const both = differences.filter((one) => one.in === "both");
  const title = `Why ${explanation.a} and ${explanation.b} differ`;
  const page = element("html", { lang: "en" }, [
    element("head", {}, [
      element("meta", { charset: "utf-8" }),
      element("meta", { name: "viewport", content: "width=device-width,initial-scale=1" }),
      element("title", {}, [printable(title)]),
      element("style", {}, [pageStyle()]),
    ]),
    element("body", {}, [
      element("h1", {}, [printable(title)]),
      paragraph(headline),
      element("div", { class: "pair" }, [column(subjectOf(a)), column(subjectOf(b))]),
      ...section(
        "What sets them apart",
        apart.map((one) => fault(one, explanation)),
      ),
      ...section(
        "What both have",
        both.map((one) => fault(one, explanation)),
      ),
      ...section("In order in both", list(checked.map(({ code, found }) => `${code}: ${found}`))),
      ...section(
        "Not looked at",
        list(unchecked.map((one) => `${one.code} (${nameOf(one.in, explanation)}): ${one.why}`)),
      ),
    ]),
  ]);
  return `<!doctype html>\n${writeXml(page, '"')}`;
}

function column(subject: Subject): XmlElement {
  const { evidence, home } = subject;
  const { name, host, takenAt } = evidence;
  const belongs = home === null ? "Where it belongs is not known." : `It belongs on ${home.why}.`;
  const picture = machinePicture(subject);
  return element("div", {}, [
    element("h2", {}, [printable(name)]),
    element("p", { class: "faint" }, [printable(`on ${host}, ${takenAt}`)]),
    paragraph(belongs),
    picture ?? paragraph("Its machine was not read."),
  ]);
}

function fault(one: Difference, explanation: Explanation): XmlElement {
  const { code, what, cost, subject, found, promised, evidence, leadsTo, remedy } = one;
  const price =
    cost.slowdown === null ? "price unknown" : `${slowerText(cost.slowdown)} (${cost.basis})`;
  const row = (term: string, content: readonly XmlNode[]): XmlElement[] =>
    content.length === 0 ? [] : [element("dt", {}, [term]), element("dd", {}, content)];
  const commands = (argv: typeof remedy.argv): XmlNode[] =>
    argv === null
      ? []
      : [element("pre", {}, [argv.map((command) => printable(shellLine(command))).join("\n")])];
  return element("section", { class: cost.slowdown === null ? "fault unpriced" : "fault" }, [
    element("h3", {}, [
      printable(`${nameOf(one.in, explanation)}: ${code}, ${subject} `),
      element("span", { class: "price" }, [price]),
    ]),
    element("p", {}, [printable(what)]),
    element("dl", {}, [
      ...row("found", [printable(found)]),
      ...row("expected", [printable(promised)]),
      ...row("leads to", leadsTo.length === 0 ? [] : [leadsTo.join(", ")]),
      ...row("seen in", evidence.length === 0 ? [] : [printable(evidence.slice(0, 3).join("; "))]),
      ...row("try", [printable(remedy.text)]),
      ...row("run", commands(remedy.argv)),
      ...row("undo", commands(remedy.undo)),
    ]),
  ]);
}

function nameOf(side: Difference["in"], { a, b }: Explanation): string {
  return { a, b, both: "both" }[side];
}

function section(title: string, content: readonly XmlElement[]): XmlElement[] {
  return content.length === 0 ? [] : [element("h2", {}, [title]), ...content];
}

function list(items: readonly string[]): XmlElement[] {
  return items.length === 0
    ? []
    : [
        element(
          "ul",
          {},
          items.map((item) => element("li", {}, [printable(item)])),
        ),
      ];
}

function paragraph(text: string): XmlElement {
  return element("p", {}, [printable(text)]);
}
