/** Buttons, switches and fields, all of one height, all reachable by keys. */

import type { ComponentChildren } from "preact";
import { keyLabel } from "../app/commands";
import { Icon, type IconName } from "./icons";

export interface ButtonProps {
  children?: ComponentChildren;
  icon?: IconName;
  /** Read out, and shown when the pointer rests on it. */
  title?: string;
  keys?: string;
  primary?: boolean;
  danger?: boolean;
  pressed?: boolean;
  disabled?: boolean;
  class?: string;
  onClick: (event: MouseEvent) => void;
}

export function Button({
  children,
  icon,
  title,
  keys,
  primary,
  danger,
  pressed,
  disabled,
  onClick,
  ...rest
}: ButtonProps) {
  const kind = ["button", primary && "primary", danger && "danger", !children && "bare", rest.class];
  const told = [title, keys && `(${keyLabel(keys)})`].filter(Boolean).join(" ");
  return (
    <button
      type="button"
      class={kind.filter(Boolean).join(" ")}
      onClick={onClick}
      disabled={disabled ?? false}
      {...(told ? { title: told } : {})}
      {...(title && !children ? { "aria-label": title } : {})}
      {...(pressed === undefined ? {} : { "aria-pressed": pressed })}
    >
      {icon && <Icon name={icon} size={16} />}
      {children}
    </button>
  );
}

export function Switch({
  label,
  on,
  keys,
  disabled,
  onChange,
}: {
  label: string;
  on: boolean;
  keys?: string;
  disabled?: boolean;
  onChange: (on: boolean) => void;
}) {
  return (
    <label class="switch" {...(keys ? { title: keyLabel(keys) } : {})}>
      <input
        type="checkbox"
        checked={on}
        disabled={disabled ?? false}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
      <span>{label}</span>
      {keys && <kbd>{keyLabel(keys)}</kbd>}
    </label>
  );
}

export interface Choice<T extends string> {
  value: T;
  label: string;
  disabled?: boolean;
  title?: string;
}

/** A few choices beside each other, one of them taken. */
export function Choices<T extends string>({
  label,
  value,
  choices,
  wrap = false,
  onChange,
}: {
  label: string;
  value: T;
  choices: readonly Choice<T>[];
  wrap?: boolean;
  onChange: (value: T) => void;
}) {
  return (
    <div class={wrap ? "choices wrap" : "choices"} role="group" aria-label={label}>
      {choices.map((choice) => (
        <button
          key={choice.value}
          type="button"
          aria-pressed={choice.value === value}
          disabled={choice.disabled ?? false}
          title={choice.title}
          onClick={() => onChange(choice.value)}
        >
          {choice.label}
        </button>
      ))}
    </div>
  );
}

/** A list of many choices. */
export function Select<T extends string>({
  label,
  value,
  choices,
  onChange,
  hidden = false,
}: {
  label: string;
  value: T;
  choices: readonly Choice<T>[];
  onChange: (value: T) => void;
  hidden?: boolean;
}) {
  return (
    <label class="field">
      <span class={hidden ? "unseen" : ""}>{label}</span>
      <select value={value} onChange={(event) => onChange(event.currentTarget.value as T)}>
        {choices.map((choice) => (
          <option key={choice.value} value={choice.value} disabled={choice.disabled ?? false}>
            {choice.label}
          </option>
        ))}
      </select>
    </label>
  );
}

export interface SliderProps {
  label: string;
  value: number;
  min: number;
  max: number;
  step?: number;
  /** How the value is written beside it. */
  told?: string;
  /** For those who do not see what stands around it. */
  spoken?: string;
  onInput: (value: number) => void;
}

/** The track is filled from 0, or from its left end, to the value. */
function filled(value: number, min: number, max: number): Record<string, string> {
  const place = (at: number) => `${((at - min) / (max - min)) * 100}%`;
  const zero = Math.min(Math.max(0, min), max);
  return { "--from": place(Math.min(zero, value)), "--to": place(Math.max(zero, value)) };
}

export function Slider({ label, value, min, max, step = 0.01, told, spoken, onInput }: SliderProps) {
  return (
    <label class="slider">
      <span class="name">{label}</span>
      <input
        type="range"
        min={min}
        max={max}
        step={step}
        value={value}
        style={filled(value, min, max)}
        {...(spoken ? { "aria-label": spoken } : {})}
        onInput={(event) => onInput(Number(event.currentTarget.value))}
        onDblClick={() => onInput(min < 0 ? 0 : min)}
      />
      <span class="told">{told ?? value.toFixed(2)}</span>
    </label>
  );
}

export function TextField({
  label,
  value,
  type = "text",
  hidden = false,
  placeholder,
  onInput,
  onEnter,
}: {
  label: string;
  value: string;
  type?: "text" | "password" | "number" | "search" | "date";
  hidden?: boolean;
  placeholder?: string;
  onInput: (value: string) => void;
  onEnter?: () => void;
}) {
  return (
    <label class="field">
      <span class={hidden ? "unseen" : ""}>{label}</span>
      <input
        {...({ type } as { type: "text" })}
        value={value}
        placeholder={placeholder ?? ""}
        onInput={(event) => onInput(event.currentTarget.value)}
        onKeyDown={(event) => event.key === "Enter" && onEnter?.()}
      />
    </label>
  );
}
