/** Our logger on top of Temporal's, where the process is somebody else's: our lines go where its own ones go. */
import type { Logger as TemporalLogger } from '@temporalio/common'
import type { Logger } from 'pino'
import { createLogger } from './logger'

type TemporalLevel = Parameters<TemporalLogger['log']>[0]

const LEVELS: { [level: string]: TemporalLevel } = {
  trace: 'TRACE',
  debug: 'DEBUG',
  info: 'INFO',
  warn: 'WARN',
  error: 'ERROR',
  fatal: 'ERROR',
}

/** Lines are made as ever (LOGGER-1, LOGGER-2); `temporal` decides which levels it writes. */
export const loggerOver = (temporal: TemporalLogger): Logger =>
  createLogger({
    level: 'debug',
    output: {
      write(line) {
        const { level, msg, time: _time, pid: _pid, name: _name, ...fields } = JSON.parse(line)
        temporal.log(LEVELS[level] ?? 'INFO', msg, fields)
      },
    },
  })
