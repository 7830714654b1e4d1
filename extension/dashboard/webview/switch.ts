// A row of choices of which one counts: radio buttons, so that arrow keys move between them, in the look of tabs.

import { element } from './dom.ts';
import { uniqueId } from './parts.ts';

export interface SwitchOptions<Value extends string> {
  readonly label: string;
  readonly choices: readonly { readonly value: Value; readonly label: string }[];
  readonly value: Value;
  readonly onChange: (value: Value) => void;
}

export interface Switch {
  readonly element: HTMLElement;
}

export function createSwitch<Value extends string>(options: SwitchOptions<Value>): Switch {
  const name = uniqueId('switch');
  const choices = options.choices.map(({ value, label }) => {
    const input = element('input', {
      type: 'radio',
      class: 'visually-hidden',
      on: { change: () => options.onChange(value) },
    });
    input.name = name;
    input.value = value;
    input.checked = value === options.value;
    return element('label', { class: 'segment' }, input, label);
  });
  return {
    element: element(
      'fieldset',
      { class: 'segments' },
      element('legend', { class: 'visually-hidden' }, options.label),
      ...choices,
    ),
  };
}
