// Light, dark, or as the system has it. A choice is kept where the browser lets a file keep things.

export type Theme = "system" | "light" | "dark";

const KEY = "lockgraph-theme";

/** Applies what was chosen before. */
export function startTheme(): void {
  setTheme(theme());
}

export function theme(): Theme {
  try {
    const kept = localStorage.getItem(KEY);
    return kept === "light" || kept === "dark" ? kept : "system";
  } catch {
    // Some browsers give a file no storage.
    return (document.documentElement.dataset.theme as Theme | undefined) ?? "system";
  }
}

export function setTheme(to: Theme): void {
  if (to === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = to;
  try {
    if (to === "system") localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, to);
  } catch {
    // It lasts as long as the page then.
  }
}
