# The command, and nothing else: for nodes that are mounted into it, or that are built upon it.
#
#     docker build --tag workbench .
#     docker run --rm --volume "$PWD:/work" --workdir /work workbench test -w echo --bin ./my-node
FROM rust:1-alpine AS build
# (No version: of each package Alpine keeps the newest alone.)
# hadolint ignore=DL3018
RUN apk add --no-cache musl-dev
WORKDIR /source
COPY . .
RUN cargo build --locked --release --package workbench --package workbench-wasi

FROM alpine:3
COPY --from=build /source/target/release/workbench /source/target/release/workbench-wasi /usr/local/bin/
ENTRYPOINT ["workbench"]
