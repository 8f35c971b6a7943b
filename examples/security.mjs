// SPDX-License-Identifier: MIT
// A small security system. The house is one device: a camera, a thermometer and the folder of its recordings. The guard is
// anywhere: told when something moves, it reads the temperature, fetches the recording straight from the house and checks
// its SHA-256. node examples/security.mjs [URL] [FOLDER]
import { createWriteStream } from "node:fs";
import { mkdir, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import wrtc from "@roamhq/wrtc";
import { connect, serve } from "@signalbox/client/peernet";
import { cameraChannel, viewCamera } from "@signalbox/peers/camera";
import { openFootage, paintedPicture, watchfulCamera } from "@signalbox/peers/camera/node";
import { fetchFile, fileChannel, fileService, filesOver } from "@signalbox/peers/file";
import { folderSource, newHash } from "@signalbox/peers/file/node";
import {
  climate,
  openSensor,
  seeded,
  sensorChannel,
  sensorService,
  viewSensor,
  weather,
} from "@signalbox/peers/sensor";
import { loadWebRtc } from "@signalbox/video";

const { RTCPeerConnection } = wrtc;
const url = process.argv[2] ?? "http://127.0.0.1:8080";
const folder = process.argv[3] ?? (await mkdtemp(join(tmpdir(), "signalbox-security-")));
const clock = {
  now: () => Date.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

// The house.
const footage = await openFootage({
  folder: join(folder, "house"),
  keepBytes: 200e6, // The oldest recordings make room.
  format: "y4m", // With ffmpeg: "mp4".
  onError: console.error,
});
const camera = watchfulCamera({
  label: "Level crossing",
  webRtc: await loadWebRtc(),
  width: 160,
  height: 120,
  rate: 10,
  now: clock.now,
  record: { footage, service: "recordings", largestBytes: 100e6 },
  onError: console.error,
});
const started = Date.now();
// A painted level crossing, where a train passes every 20 seconds: the first in 3.
const show = () => camera.take(paintedPicture(17_000 + Date.now() - started, 160, 120));
setInterval(show, 100);

const thermometer = openSensor({ label: "Signal hut", quantities: climate, ground: clock });
const nextReading = weather(seeded(1));
setInterval(() => thermometer.measure(nextReading(Date.now())), 1_000);

const recordings = fileService({
  source: await folderSource(footage.folder),
  label: "Recordings",
  newHash,
  timer: clock,
});
const house = await serve({
  url,
  RTCPeerConnection,
  room: "railway",
  services: [camera.service, sensorService(thermometer), { ...recordings, id: "recordings" }],
});
console.log(`${house.name} watches the line`);

// The guard.
const reach = (service, channel) =>
  connect({ url, RTCPeerConnection, to: `${house.name}/services/${service}`, channels: [channel] });

const sensing = await reach("sensor", sensorChannel);
const sensor = await viewSensor(sensing.channels[0]);

const fetchRecording = async ({ name }) => {
  await mkdir(join(folder, "guard"), { recursive: true });
  const file = createWriteStream(join(folder, "guard", name));
  const { size, sha256 } = await fetchFile({
    connect: async () => filesOver(await reach("recordings", fileChannel), clock),
    path: name,
    hash: newHash(), // Compared at the end with what the house says: a difference throws.
    write: (bytes) => new Promise((written) => file.write(bytes, written)),
    timer: clock,
  });
  file.end();
  await finished(file);
  console.log(`fetched ${name}: ${size} bytes, SHA-256 ${sha256}`);
};

const watching = await reach("camera", cameraChannel);
await viewCamera(watching.channels[0], {
  async onMotion({ moving, at }) {
    const { values } = await sensor.read();
    const what = moving ? "something moves" : "nothing moves any more";
    console.log(`${new Date(at).toISOString()} ${what}, at ${values.temperature} °C`);
  },
  async onRecorded(recording) {
    await fetchRecording(recording);
    await house.close();
    process.exit();
  },
});
console.log("the guard watches");
