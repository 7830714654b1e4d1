// The views of the dashboard in the order of their tabs. The feed is made by the shell itself.

import { createBudgetsView } from './budgets-view.ts';
import { createHealthView } from './health-view.ts';
import { createModelsView } from './models-view.ts';
import { createReplayView } from './replay-view.ts';
import { createSavingsView } from './savings-view.ts';
import type { CreateView, ViewName } from './view.ts';

export const VIEW_TITLES: Readonly<Record<ViewName, string>> = {
  requests: 'Requests',
  savings: 'Savings',
  models: 'Models',
  health: 'Health',
  budgets: 'Budgets',
  replay: 'What if',
};

export const ANALYSIS_VIEWS: Readonly<Record<Exclude<ViewName, 'requests'>, CreateView>> = {
  savings: createSavingsView,
  models: createModelsView,
  health: createHealthView,
  budgets: createBudgetsView,
  replay: createReplayView,
};
