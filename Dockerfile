# The same steps run without Docker in e2e/topology.
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o /out/switchyard ./cmd/switchyard
# An empty folder that belongs to the user of the image: a volume takes its owner from what it covers.
RUN mkdir -p /out/data

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /out/switchyard /usr/local/bin/switchyard
COPY --from=build --chown=65532:65532 /out/data /data
ENV PORT=8080 DATA_DIR=/data LOG_FORMAT=json
EXPOSE 8080
VOLUME /data
USER 65532:65532
ENTRYPOINT ["/usr/local/bin/switchyard"]
CMD ["serve"]
