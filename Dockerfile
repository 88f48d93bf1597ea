# One image, four roles: `node main.ts web`, `ingest`, `agent`, `alerts`; docker-compose.yml runs them side by side.
FROM node:24-bookworm-slim AS build
WORKDIR /davylamp
COPY . .
RUN node scripts/setup.mjs start

FROM node:24-bookworm-slim
COPY --from=build --chown=node:node /davylamp /davylamp
WORKDIR /davylamp
ENV HOST=0.0.0.0 DATA_DIR=/data HEALTH_PORT=8080
RUN mkdir -p /data && chown node:node /data
VOLUME /data
USER node
EXPOSE 3000 4317 4318
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=6 CMD ["node", "scripts/healthy.mjs"]
CMD ["node", "main.ts"]
