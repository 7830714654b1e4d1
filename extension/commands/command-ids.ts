// The commands that the extension contributes. The manifest lists the same ones, which a test holds it to.

export const COMMAND_IDS = [
  'pointsman.overrideNextRequest',
  'pointsman.overrideConversation',
  'pointsman.clearOverride',
  'pointsman.setProfile',
  'pointsman.openDashboard',
  'pointsman.explainLastRequest',
  'pointsman.resendLastWithModel',
  'pointsman.connectAssistant',
  'pointsman.disconnectAssistant',
  'pointsman.setProviderKey',
  'pointsman.setBudget',
  'pointsman.clearCache',
  'pointsman.startDaemon',
  'pointsman.restartDaemon',
  'pointsman.stopDaemon',
  'pointsman.showLog',
  'pointsman.copyEndpoint',
  'pointsman.copyToken',
  'pointsman.runDoctor',
] as const;

export type CommandId = (typeof COMMAND_IDS)[number];
