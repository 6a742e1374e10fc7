const start = "Straddles nodes ";

/** The reason of a plan whose VM is on several nodes: which, why, and what that costs. */
export function straddleReason(text: string): string {
  return `${start}${text}.`;
}

/** Whether a reason of a plan is that its VM straddles nodes. */
export function isStraddleReason(reason: string): boolean {
  return reason.startsWith(start);
}
