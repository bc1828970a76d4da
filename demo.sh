#!/usr/bin/env bash
# The pipeline on this machine, each program in a process: a broker, the live page, the processor, the producer. See --help.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")" || exit 1

usage() {
  cat <<'END'
Usage: ./demo.sh [--mqtt] [--seconds N] [--port P] [--mqtt-port P] [--http-port P] [--rate R] [--sensors N]

Runs the whole pipeline on this machine: a Kafka broker, the processor, a producer of made-up readings and a live page
for the browser, each in a process of its own, and prints every window of 10 s as it closes. Ctrl-C ends all of them.
Needs a JDK, 17 or newer. Builds first what is not built yet. Leaves nothing outside the build folders.

  --mqtt        readings come by MQTT: an MQTT broker with made-up devices runs as well, the producer is the bridge from it
                to Kafka, and whatever you publish to sensors/NAME/temperature is summarised, too
  --seconds N   end by itself after N seconds (default: run until Ctrl-C)
  --port P      port of the broker on 127.0.0.1 (default: a free one)
  --mqtt-port P port of the MQTT broker on 127.0.0.1, with --mqtt (default: a free one)
  --http-port P port of the live page on 127.0.0.1 (default: 8080, or a free one if that is in use)
  --rate R      readings per second (default: 20)
  --sensors N   how many sensors (default: 5)
  --help        show this

Exit codes: 0 ended as asked, 1 failed, 2 usage.
END
}

fail() {
  echo "demo.sh: $*" >&2
  exit 1
}

misuse() {
  echo "demo.sh: $*" >&2
  echo "Try './demo.sh --help' for more information." >&2
  exit 2
}

mqtt='' seconds='' port=0 mqtt_port='' http_port='' rate=20 sensors=5
while (($#)); do
  case $1 in
    --help | -h) usage && exit 0 ;;
    --mqtt)
      mqtt=yes
      shift ;;
    --seconds | --port | --mqtt-port | --http-port | --rate | --sensors)
      [[ ${2:-} =~ ^[0-9]{1,9}$ ]] || misuse "$1: expected a whole number, but was '${2:-}'"
      name=${1#--}
      printf -v "${name//-/_}" %d "$((10#$2))"
      shift 2 ;;
    *) misuse "unknown option: $1" ;;
  esac
done
((port <= 65535)) || misuse "--port: expected 0 to 65535, but was $port"
((${mqtt_port:-0} <= 65535)) || misuse "--mqtt-port: expected 0 to 65535, but was $mqtt_port"
[[ -n $mqtt || -z $mqtt_port ]] || misuse "--mqtt-port: expected this option only with --mqtt"
((${http_port:-0} <= 65535)) || misuse "--http-port: expected 0 to 65535, but was $http_port"
((rate > 0)) || misuse "--rate: expected 1 or more, but was $rate"
((sensors > 0)) || misuse "--sensors: expected 1 or more, but was $sensors"

export HOME=${HOME:-~} # the Maven wrapper does not run without it
java=${JAVA_HOME:+$JAVA_HOME/bin/}java
command -v "$java" >/dev/null || fail "no $java found; a JDK, 17 or newer, is needed"

modules=(local-broker live-page processor producer ${mqtt:+local-mqtt-broker})
logs=target/demo
names=() pids=() starting='' data='' stop='' partial='' windows=0 patience=30

jar() { echo "$1/target/$1.jar"; }

build_what_is_missing() {
  local module stale=()
  for module in "${modules[@]}"; do
    if [[ ! -f $(jar "$module") || -n $(find pom.xml service-kit/pom.xml service-kit/src/main "$module/pom.xml" "$module/src/main" -newer "$(jar "$module")" -print -quit) ]]; then
      stale+=("$module")
    fi
  done
  ((${#stale[@]})) || return 0
  echo "Building ${stale[*]} (the first time takes a minute or two) ..."
  ./mvnw -q -B -ntp -DskipTests -pl "$(IFS=, && echo "${stale[*]}")" -am package || fail "the build failed"
  # A build that finds nothing to do leaves a jar as old as it was.
  for module in "${stale[@]}"; do touch "$(jar "$module")"; done
}

# launch NAME ARGUMENT...: in the background, where Ctrl-C does not reach it: the order of the end is ours.
launch() {
  local name=$1
  shift
  : >"$logs/$name.out"
  "$java" -jar "$(jar "$name")" "$@" >"$logs/$name.out" 2>"$logs/$name.log" </dev/null &
  names+=("$name") pids+=("$!")
}

# Ends the processes in the reverse order of their start: no reading without a processor, no processor without a broker.
end_all() {
  trap '' INT TERM HUP PIPE
  local i tenths
  for ((i = ${#pids[@]} - 1; i >= 0; i--)); do
    kill -TERM "${pids[i]}" 2>/dev/null
    for ((tenths = 0; tenths < patience * 10; tenths++)); do
      kill -0 "${pids[i]}" 2>/dev/null || break
      sleep 0.1
    done
    kill -KILL "${pids[i]}" 2>/dev/null && echo "demo.sh: ${names[i]} did not end within $patience s and was killed" >&2
    { wait "${pids[i]}"; } 2>/dev/null
  done
  pids=()
  [[ -z $data ]] || rm -rf "$data"
  rm -f "$logs/pid"
}

# Whoever has ended by itself has failed.
check_all() {
  local i
  for i in "${!pids[@]}"; do
    kill -0 "${pids[i]}" 2>/dev/null && continue
    { wait "${pids[i]}"; } 2>/dev/null
    local code=$?
    [[ -z $stop ]] || return 0
    # One line, if that is all it has to say: its port is in use.
    [[ ${names[i]} != "$starting" || $(wc -l <"$logs/$starting.log") -ne 1 ]] || fail "$(<"$logs/$starting.log")"
    echo "demo.sh: ${names[i]} has ended with exit code $code; the end of $logs/${names[i]}.log:" >&2
    patience=5
    tail -n 10 "$logs/${names[i]}.log" | sed 's/^/  /' >&2
    exit 1
  done
}

# await NAME PATTERN: waits until a program that has just been launched says where it is; that place, which the pattern puts
# into parentheses, is in $place then.
await() {
  place='' starting=$1
  while [[ -z $place && -z $stop ]]; do
    check_all
    sleep 0.1
    place=$(sed -n "s/$2/\\1/p" "$logs/$1.out")
  done
  starting=''
}

print_new_windows() {
  local line=''
  while IFS= read -r -u 3 line || { partial+=$line && false; }; do
    printf '%s\n' "$partial$line" 2>/dev/null
    partial='' windows=$((windows + 1))
  done
}

trap 'stop=yes' INT TERM HUP
trap 'stop=yes; exec >/dev/null' PIPE

# Before the build, too: two builds at once would spoil each other's jars.
mkdir -p "$logs" || fail "no folder for logs in $PWD"
if other=$(cat "$logs/pid" 2>/dev/null) && kill -0 "$other" 2>/dev/null; then
  fail "another demo runs here as process $other"
fi
echo $$ >"$logs/pid"
trap end_all EXIT

build_what_is_missing
[[ -z $stop ]] || exit 0
data=$(mktemp -d "$PWD/$logs/data.XXXXXX") || fail "no folder for data in $logs"

readings=(--count 0 --rate "$rate" --sensors "$sensors")
if [[ -n $mqtt ]]; then
  launch local-mqtt-broker --port "${mqtt_port:-0}" --devices "$sensors" --rate "$rate"
  await local-mqtt-broker '^MQTT is ready on \([^,]*\),.*'
  mqtt_broker=$place
  readings=(--source mqtt --mqtt-url "mqtt://$mqtt_broker" --mqtt-topics 'sensors/#' --key topic:2)
fi

if [[ -z $stop ]]; then
  launch local-broker --port "$port" --data-dir "$data/broker"
  await local-broker '^Kafka is ready on \([^,]*\),.*'
fi

if [[ -z $stop ]]; then
  broker=$place
  launch live-page --bootstrap-servers "$broker" ${http_port:+--http-port "$http_port"}
  launch processor --bootstrap-servers "$broker" --window 10s --grace 1s --log-summaries --state-dir "$data/state"
  launch producer --bootstrap-servers "$broker" "${readings[@]}"
  start=$SECONDS
  await live-page '^The live page is on \(.*\)'
fi

if [[ -z $stop ]]; then
  echo "The live page is on $place"
  echo "Kafka is on $broker, logs are in $logs/."
  [[ -z $mqtt ]] || echo "MQTT is on $mqtt_broker. This publishes a reading of your own:
  mosquitto_pub -h ${mqtt_broker%:*} -p ${mqtt_broker#*:} -q 1 -t sensors/mine/temperature -m 21.5"
  echo "$rate readings/s from $sensors sensors; windows of 10 s (UTC) show about a second after they end. Ctrl-C ends it."
  echo
  exec 3<"$logs/processor.out"
  until [[ -n $stop || ( -n $seconds && $((SECONDS - start)) -ge ${seconds:-0} ) ]]; do
    sleep 0.2
    print_new_windows
    check_all
  done
fi

echo
echo "Ending ..."
end_all
[[ -e /dev/fd/3 ]] && print_new_windows
echo "$windows windows were closed. Logs: $logs/"
