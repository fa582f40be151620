/** The project's folder, from its sources and from what is built of them. */
import path from 'node:path'

const above = path.resolve(__dirname, '..')

export const TOP = path.basename(above) === 'dist' ? path.dirname(above) : above
