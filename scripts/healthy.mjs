// The image's health check: exit 0 when this container's `/healthz` answers 200.
const answer = await fetch(`http://127.0.0.1:${process.env.HEALTH_PORT ?? 8080}/healthz`).catch(error => error)
if (answer.status !== 200) {
  process.stderr.write(`unhealthy: ${answer.status ? await answer.text() : answer.message}\n`)
  process.exit(1)
}
