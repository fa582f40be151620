# One image for every role: `docker run holdfast worker`, `docker run holdfast gateway --host 0.0.0.0`.
# Debian, not Alpine: Temporal's core has no build for musl.
ARG NODE_IMAGE=node:24.21.0-bookworm-slim@sha256:0e0ff40c39bc087845bfb27465a0df4ea419520094bc35842ff83dd8cbe6f9b6

FROM ${NODE_IMAGE} AS build
WORKDIR /build
# Packages first: they change less often than sources. No install script is needed, so none runs.
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN npm run build
# Only what the program itself asks for stays: the Temporal SDK and zod are peers, and come with it. Its core for other
# systems goes too, 80 MB.
RUN npm pkg delete devDependencies \
 && npm prune --ignore-scripts --no-audit --no-fund \
 && rm -rf node_modules/@temporalio/core-bridge/releases/*-apple-* node_modules/@temporalio/core-bridge/releases/*-windows-*

FROM ${NODE_IMAGE}
ENV NODE_ENV=production
# Node brings its own roots; Temporal's core reads the system's (TLS, Temporal Cloud).
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates \
 && rm -rf /var/lib/apt/lists/*
COPY --from=build /build/node_modules /opt/holdfast/node_modules
COPY --from=build /build/dist /opt/holdfast/dist
COPY --from=build /build/package.json /build/holdfast.schema.json /build/LICENSE /opt/holdfast/
COPY --from=build /build/deploy/healthcheck.cjs /opt/holdfast/deploy/
RUN ln -s /opt/holdfast/dist/src/cli/main.js /usr/local/bin/holdfast \
 && install --directory --owner node --group node /var/lib/holdfast /var/lib/holdfast/builds
# By number: Kubernetes refuses a name where it is to see that it is not root.
USER 1000:1000
# Where holdfast.yaml is looked for, and where a cache on disk and the code of earlier builds go.
WORKDIR /var/lib/holdfast
EXPOSE 4400
ENTRYPOINT ["holdfast"]
# A container listens for others; what may reach it is for its network to say.
CMD ["gateway", "--host", "0.0.0.0"]
# Of the gateway. A worker has a check of its own: see docker-compose.yml.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
  CMD ["node", "/opt/holdfast/deploy/healthcheck.cjs", "gateway"]
