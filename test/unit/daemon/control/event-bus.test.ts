import assert from 'node:assert/strict';
import { createEventBus } from '../../../../daemon/control/event-bus.ts';
import type { ControlEvent } from '../../../../daemon/protocol/control-events.ts';
import { silentLog, type Log } from '../../../../daemon/util/log.ts';

const EVENT: ControlEvent = { type: 'config-update', valid: true, error: null };

describe('event bus', () => {
  it('gives each event to every listener, in the order of their subscriptions', () => {
    const bus = createEventBus(silentLog);
    const heard: string[] = [];
    bus.subscribe((event) => heard.push(`first ${event.type}`));
    bus.subscribe((event) => heard.push(`second ${event.type}`));
    bus.publish(EVENT);
    assert.deepEqual(heard, ['first config-update', 'second config-update']);
  });

  it('gives nothing to a listener that has unsubscribed, also during an event', () => {
    const bus = createEventBus(silentLog);
    let count = 0;
    const end = bus.subscribe(() => {
      count += 1;
      end();
    });
    bus.publish(EVENT);
    bus.publish(EVENT);
    end();
    assert.equal(count, 1);
  });

  it('goes on after a listener that throws, and logs which event it was', () => {
    const errors: unknown[] = [];
    const log: Log = { ...silentLog, error: (_, fields) => errors.push(fields) };
    const bus = createEventBus(log);
    let isHeard = false;
    bus.subscribe(() => {
      throw new Error('broken reader');
    });
    bus.subscribe(() => {
      isHeard = true;
    });
    bus.publish(EVENT);
    assert.ok(isHeard);
    assert.deepEqual(errors, [{ type: 'config-update', error: 'Error: broken reader' }]);
  });

  it('costs nothing when nobody listens', () => {
    assert.doesNotThrow(() => createEventBus(silentLog).publish(EVENT));
  });
});
