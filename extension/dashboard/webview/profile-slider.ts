// A slider of three steps, from cheap to good: budget, balanced, quality.

import type { Profile } from '../../../daemon/protocol/vocabulary.ts';
import { PROFILES } from '../replay-story.ts';
import { element } from './dom.ts';

export interface ProfileSlider {
  readonly element: HTMLElement;
  /** `inForce` is marked as the one that decides now. */
  setProfile(profile: Profile, inForce: Profile): void;
}

export function createProfileSlider(onChange: (profile: Profile) => void): ProfileSlider {
  const input = element('input', { id: 'replay-profile', type: 'range', class: 'profile-range' });
  input.min = '0';
  input.max = String(PROFILES.length - 1);
  input.step = '1';
  const explanation = element('p', { class: 'profile-explanation' });
  let inForce: Profile | null = null;
  const marks = PROFILES.map(({ profile, label }, index) =>
    element(
      'button',
      {
        class: 'profile-mark',
        type: 'button',
        tabindex: -1, // the slider is what the keyboard uses
        aria: { hidden: true },
        data: { profile },
        on: { click: () => choose(index) },
      },
      label,
    ),
  );

  function choose(index: number): void {
    input.value = String(index);
    draw();
    onChange(chosen());
  }

  function chosen(): Profile {
    return PROFILES[Number(input.value)]?.profile ?? 'balanced';
  }

  function draw(): void {
    const entry = PROFILES[Number(input.value)];
    if (entry === undefined) return;
    const remark = entry.profile === inForce ? ', in force now' : '';
    input.setAttribute('aria-valuetext', `${entry.label}: ${entry.explanation}${remark}`);
    explanation.textContent = `${entry.label}: ${entry.explanation}${remark}.`;
    for (const mark of marks) mark.classList.toggle('chosen', mark.dataset['profile'] === entry.profile);
  }

  input.addEventListener('input', () => {
    draw();
    onChange(chosen());
  });
  input.value = '1';
  draw();
  return {
    element: element(
      'div',
      { class: 'profile-slider' },
      element('label', { for: 'replay-profile' }, 'Profile'),
      input,
      element('div', { class: 'profile-marks' }, ...marks),
      explanation,
    ),
    setProfile(profile, present) {
      inForce = present;
      input.value = String(PROFILES.findIndex((entry) => entry.profile === profile));
      draw();
    },
  };
}
