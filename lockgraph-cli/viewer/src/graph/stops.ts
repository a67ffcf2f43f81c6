// The drawing as one stop of Tab: which box or line has it, and the keys that hand it on.

import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Drawn } from "./choose";
import type { Chosen } from "./chosen";
import type { Packed } from "./pack";
import { type Stop, chosenStop, idOf, next, partOf, stopOf } from "./roam";
import type { Lens } from "./zoom";

export interface Stops {
  /** The one that Tab comes to; null if nothing is drawn. */
  stop: Stop | null;
  /** Whether the key is one of ours: it led somewhere, or nothing lies that way. Not where nothing is drawn. */
  press: (key: string) => boolean;
  /** For the frame: what in it got the focus. */
  onFocus: (event: FocusEvent) => void;
  /** Moves the picture so that the stop is seen, if it has the focus. */
  reveal: () => void;
}

const KEYS = new Set(["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End", "j", "k"]);

export function useStops(frame: { current: HTMLElement | null }, drawn: Drawn, packed: Packed, chosen: Chosen | null, lens: { current: Lens | null }): Stops {
  const [id, setId] = useState<string | null>(null);
  const origin = useRef<string | null>(null);
  const isAsked = useRef(false);
  const stop = useMemo(() => stopOf(drawn, packed, id, chosen), [drawn, packed, id]);
  useLayoutEffect(() => {
    const to = chosenStop(drawn, chosen);
    if (to) setId(idOf(drawn, to));
  }, [chosen]);

  const holder = (): SVGElement | null => frame.current?.querySelector<SVGElement>("[tabindex='0']") ?? null;
  const isInside = (): boolean => frame.current?.contains(document.activeElement) ?? false;
  // A box that is put elsewhere in the document loses the focus, and so does a line that goes.
  const was = isInside();
  useLayoutEffect(() => {
    if (isAsked.current || (was && !isInside())) (holder() ?? frame.current)?.focus({ preventScroll: true });
    isAsked.current = false;
  });
  const reveal = (): void => {
    if (stop && holder() === document.activeElement) lens.current?.reveal(partOf(packed, stop));
  };
  const press = (key: string): boolean => {
    if (!KEYS.has(key) || stop === null) return false;
    if (holder() !== document.activeElement) {
      holder()?.focus({ preventScroll: true });
      return true;
    }
    const from = drawn.boxes.findIndex((box) => box.id === origin.current);
    const to = next(drawn, packed, stop, from < 0 ? null : from, key);
    if (to === null) return true;
    if (to.what === "link" && stop.what === "box") origin.current = idOf(drawn, stop);
    // Nothing would be drawn, and the next drawing, whatever it is for, would take the focus.
    if (idOf(drawn, to) === id) return true;
    isAsked.current = true;
    setId(idOf(drawn, to));
    return true;
  };
  const onFocus = (event: FocusEvent): void => {
    const at = event.target as Element;
    const got = at.getAttribute("data-stop");
    if (got === null) return;
    setId(got);
    const to = stopOf(drawn, packed, got, null);
    // A press of the mouse must not move what it presses.
    if (to && at.matches(":focus-visible")) lens.current?.reveal(partOf(packed, to));
  };
  return { stop, press, onFocus, reveal };
}
