import type { Forecast } from "@evenkeel/core/forecast/forecast-document.ts";
import { forecastOf } from "@evenkeel/core/forecast/forecast.ts";
import { type LocalityPrice, localityPrices } from "@evenkeel/core/fleet/locality-price.ts";
import type { HostState } from "@evenkeel/core/plan/host-state.ts";
import type { Plan } from "@evenkeel/core/plan/plan.ts";
import type { Request } from "@evenkeel/core/request/request.ts";
import { forecastText } from "../../text/forecast-text.ts";
import { localityText } from "../../text/locality-text.ts";
import type { View } from "../../text/plan-text.ts";

/** What is told beside a plan. */
export interface Beside {
  /** Null where nobody asked for it. */
  readonly forecast: Forecast | null;
  /** What a locality other than `strict` gives and costs; empty under `strict`. */
  readonly localities: readonly LocalityPrice[];
}

/** What is to be told beside the plan of a request on its host. */
export function besideOf(
  host: HostState,
  plan: Plan,
  request: Request,
  isForecast: boolean,
): Beside {
  return {
    forecast: isForecast ? forecastOf(host, plan) : null,
    localities: request.locality === "strict" ? [] : localityPrices(host, request),
  };
}

/** The same for people, each after a blank line. */
export function besideText({ forecast, localities }: Beside, view: View): string {
  return [
    ...(localities.length === 0 ? [] : [`\n${localityText(localities, view)}`]),
    ...(forecast === null ? [] : [`\n${forecastText(forecast, view)}`]),
  ].join("");
}
