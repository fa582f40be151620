// A container's health, by its exit code: node healthcheck.cjs gateway|worker.
// gateway: does it say that it is ready (Temporal answers, a worker polls)? worker: does Temporal know of this very process'
// polls, and takes it work? Runs beside the role in the same container.

/** Those of the compose file and the Dockerfile: outside they may be others. */
const PORTS = { gateway: 4400, worker: 9464 }

fetch(`http://127.0.0.1:${PORTS[process.argv[2]]}/readyz`).then(
  ({ ok }) => process.exit(ok ? 0 : 1),
  (error) => {
    process.stderr.write(`${error.message}\n`)
    process.exit(1)
  },
)
