import { keyOf, useKeys } from "../keys";
import type { Page } from "../model";
import { go, href } from "../route";

/** Keys of a finding and of its sides: to the next and the one before, back, who waits for whom. */
export function useFindingKeys(page: Page, at: number): void {
  const press = (event: KeyboardEvent) => {
    const key = keyOf(event);
    const here = page.findings[at];
    const to = key === "j" ? page.findings[at + 1] : key === "k" ? page.findings[at - 1] : undefined;
    if (to) go(href("finding", to.id));
    else if (key === "u") go(href("findings"));
    else if (key === "w" && here?.snapshot) go(href("finding", here.id, "waits"));
  };
  useKeys(press, [page, at]);
}
