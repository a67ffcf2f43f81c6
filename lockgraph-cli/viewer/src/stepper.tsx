// Stepping through something with buttons and keys: a schedule, the rounds of a reduction.

interface Props {
  /** "Step 2 of 9": what is told besides the buttons. */
  label: string;
  at: number;
  last: number;
  onStep: (to: number) => void;
}

export function Stepper({ label, at, last, onStep }: Props) {
  // A button that is disabled while it has the focus hears no keys any more, so it only says so.
  const to = (step: number) => {
    const isOff = step === at || step < 0 || step > last;
    return { "aria-disabled": isOff, onClick: () => isOff || onStep(step) };
  };
  return (
    <div class="stepper">
      <button class="button" {...to(0)} aria-label="To the beginning">
        <Icon path="M5 4v12M16 4l-8 6 8 6z" />
      </button>
      <button class="button" {...to(at - 1)}>
        <Icon path="M14 4l-8 6 8 6z" /> Back
      </button>
      <button class="button strong" {...to(at + 1)}>
        Next <Icon path="M6 4l8 6-8 6z" />
      </button>
      <button class="button" {...to(last)} aria-label="To the end">
        <Icon path="M15 4v12M4 4l8 6-8 6z" />
      </button>
      <span class="soft">{label}</span>
    </div>
  );
}

function Icon({ path }: { path: string }) {
  return (
    <svg class="icon" viewBox="0 0 20 20" width="14" height="14" aria-hidden="true">
      <path d={path} />
    </svg>
  );
}

/** Arrow keys, Home and End of whatever holds the steps. */
export function stepKeys(at: number, last: number, onStep: (to: number) => void) {
  return (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const to = target(event.key, at, last);
    if (to === null) return;
    event.preventDefault();
    if (to !== at) onStep(to);
  };
}

/** Where a key leads; null if it is none of ours. */
export function target(key: string, at: number, last: number): number | null {
  switch (key) {
    case "ArrowRight":
    case "ArrowDown":
      return Math.min(at + 1, last);
    case "ArrowLeft":
    case "ArrowUp":
      return Math.max(at - 1, 0);
    case "Home":
      return 0;
    case "End":
      return last;
    default:
      return null;
  }
}
