# Two images from one build: `--target gateway` (the default) and `--target guide`, the sample guide to try it with.
FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /source
COPY global.json Directory.Build.props Directory.Packages.props .editorconfig ./
COPY eng eng
COPY src src
ARG VERSION
RUN eng/package/publish "${VERSION:-0.1.0}" "$(case "$(uname -m)" in aarch64) echo linux-arm64 ;; *) echo linux-x64 ;; esac)" "$(date -u +%F)" /out/gateway \
 && dotnet publish src/SampleGuide -c Release -o /out/guide \
 && mkdir /out/state

FROM mcr.microsoft.com/dotnet/aspnet:10.0 AS guide
WORKDIR /app
COPY --from=build /out/guide ./
USER $APP_UID
EXPOSE 9000
HEALTHCHECK --interval=5s --timeout=2s --start-period=20s \
  CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/9000 && printf 'GET /health HTTP/1.0\\r\\n\\r\\n' >&3 && grep -q '200 OK' <&3"]
ENTRYPOINT ["dotnet", "sample-guide.dll", "--port", "9000", "--address", "0.0.0.0"]

# What the health check runs: 0.7 MB that ask /readyz, since a .NET process every 15 s costs half a second of CPU each time.
FROM debian:bookworm-slim AS ready
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends gcc libc6-dev
COPY deploy/docker/ready.c /
RUN gcc -static -Os -s -Wall -Wextra -Werror -o /ready /ready.c

# Without shell, package manager or root: what is not in it cannot be used against it.
FROM mcr.microsoft.com/dotnet/runtime-deps:10.0-noble-chiseled AS gateway
WORKDIR /app
COPY --from=build /out/gateway ./
COPY --from=ready /ready ./
# Without a mounted configuration this sample is in force; it says what to mount.
COPY config/container.yaml config/container.yaml
ENV GATEWAY_SAMPLE=/app/config/container.yaml
COPY static-fallback static-fallback
# The state folder is the only thing that it writes, so that the rest may be read-only; give it a volume. 1654 is the user of the image.
COPY --from=build --chown=1654:1654 /out/state state
ENV DOTNET_EnableDiagnostics=0
USER 1654
EXPOSE 8080 8081
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s CMD ["/app/ready", "8081"]
# SIGTERM: not ready at once, served on for "drain", then 30 s for requests in flight. Give `docker stop` as long (stop_grace_period).
STOPSIGNAL SIGTERM
ENTRYPOINT ["/app/gateway"]
CMD ["run"]
