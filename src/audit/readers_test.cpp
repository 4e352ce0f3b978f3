// The readers of outside bytes: audit rules, audit events, unit files, daemon.json, layers, secrets.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/audit.h>
#include <rapidcheck/gtest.h>

#include <cstring>

#include "audit/audit_rules.h"
#include "audit/build_history.h"
#include "audit/daemon_facts.h"
#include "audit/events.h"
#include "audit/layers.h"
#include "audit/secrets.h"
#include "audit/watches.h"
#include "image/testing.h"

namespace bh::audit {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(AuditRules, SurviveTheKernelsForm) {
  auto rule = decode_rule(encode_watch("/usr/bin/docker", false, "wxa", "docker"));
  ASSERT_TRUE(rule) << rule.error().text;
  EXPECT_EQ(rule->path, "/usr/bin/docker");
  EXPECT_EQ(rule->key, "docker");
  EXPECT_EQ(rule->perms, "wxa");
  EXPECT_FALSE(rule->directory);
  EXPECT_FALSE(rule->narrowed);
  EXPECT_EQ(rule->text, "-w /usr/bin/docker -p wxa -k docker");
  EXPECT_TRUE(decode_rule(encode_watch("/etc/docker", true, "wa", "docker"))->directory);
}

RC_GTEST_PROP(AuditRules, AnyBytesEndInARuleOrAnError, (std::string bytes)) {
  bytes.resize(sizeof(audit_rule_data) + bytes.size());
  (void)decode_rule(bytes);
}

TEST(AuditRules, ReadsAuditctlsNotation) {
  auto watch = parse_rule_line("-w /etc/docker -p wa -k docker", "f:1").rules.at(0);
  EXPECT_EQ(watch.path, "/etc/docker");
  EXPECT_EQ(watch.perms, "wa");
  auto syscall =
      parse_rule_line("-a exit,always -F arch=b64 -F dir=/etc -F perm=wa -F key=k", "f:2").rules.at(0);
  EXPECT_TRUE(syscall.directory);
  EXPECT_FALSE(syscall.narrowed);
  EXPECT_EQ(syscall.key, "k");
  EXPECT_TRUE(parse_rule_line("-a always,exit -F path=/x -F auid>=1000", "f").rules.at(0).narrowed);
  EXPECT_TRUE(parse_rule_line("-a always,exit -S open -F path=/x", "f").rules.at(0).narrowed);
  EXPECT_TRUE(parse_rule_line("-a never,exit -F path=/x", "f").rules.at(0).never);
  EXPECT_TRUE(parse_rule_line("# -w /x", "f").rules.empty());
  EXPECT_EQ(parse_rule_line("-W /x", "f").removed_path, "/x");
}

TEST(AuditRules, AFolderIsNotWatchedByAPathRule) {
  std::vector<AuditRule> rules = {{.where = "kernel",
                                   .text = "t",
                                   .list = "exit",
                                   .path = "/etc/docker",
                                   .real_path = "/etc/docker",
                                   .perms = "wa"}};
  auto found = coverage(rules, "/etc/docker", true, "wa", nullptr);
  EXPECT_EQ(found.rule, nullptr);
  EXPECT_THAT(found.weak, HasSubstr("not what is in it"));
}

constexpr std::string_view docker_ps =
    "type=SYSCALL msg=audit(1700000000.123:45): arch=c000003e syscall=59 success=yes exit=0 a0=1 ppid=10 "
    "pid=11 auid=1000 uid=0 gid=0 euid=0 tty=pts0 ses=3 "
    "comm=\"docker\" exe=\"/usr/bin/docker\" key=\"docker\"\x1d"
    "ARCH=x86_64 SYSCALL=execve\n"
    "type=EXECVE msg=audit(1700000000.123:45): argc=3 a0=\"docker\" a1=\"ps\" a2=2D2D66696C74657220613D6220\n"
    "type=CWD msg=audit(1700000000.123:45): cwd=\"/root\"\n"
    "type=PATH msg=audit(1700000000.123:45): item=0 name=\"/usr/bin/docker\" inode=1 nametype=NORMAL\n"
    "type=PROCTITLE msg=audit(1700000000.123:45): proctitle=646F636B6572007073\n";

void feed(EventJoiner& joiner, std::string_view text) {
  while (!text.empty()) {
    auto end = text.find('\n');
    joiner.line(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
}

TEST(Events, RecordsOfOneEventAreJoinedAndDecoded) {
  EventJoiner joiner;
  feed(joiner, docker_ps);
  joiner.end();
  auto events = joiner.take();
  ASSERT_EQ(events.size(), 1u);
  const auto& event = events[0];
  EXPECT_EQ(event.milliseconds, 1700000000123);
  EXPECT_EQ(event.serial, 45u);
  EXPECT_EQ(event.syscall, "execve");
  EXPECT_THAT(event.keys, ElementsAre("docker"));
  EXPECT_THAT(event.argv, ElementsAre("docker", "ps", "--filter a=b "));
  EXPECT_EQ(event.cwd, "/root");
  EXPECT_EQ(event.proctitle, "docker ps");
  ASSERT_EQ(event.paths.size(), 1u);
  EXPECT_EQ(event.paths[0].name, "/usr/bin/docker");
  EXPECT_EQ(event.auid, "1000");
  EXPECT_THAT(event_text(event), HasSubstr("command: docker ps"));
  EXPECT_THAT(event_json(event), HasSubstr("\"argv\":[\"docker\",\"ps\",\"--filter a=b \"]"));
}

TEST(Events, InterleavedEventsAreKeptApart) {
  EventJoiner joiner;
  feed(joiner,
       "type=SYSCALL msg=audit(1.000:1): syscall=59 comm=\"a\" key=\"x\"\ntype=SYSCALL msg=audit(1.000:2): "
       "syscall=59 comm=\"b\" key=6101620A\n"
       "type=CWD msg=audit(1.000:1): cwd=\"/1\"\ntype=CWD msg=audit(1.000:2): cwd=\"/2\"\ntype=EOE "
       "msg=audit(1.000:1): \nnonsense\n");
  auto first = joiner.take();
  ASSERT_EQ(first.size(), 1u);
  EXPECT_EQ(first[0].cwd, "/1");
  joiner.end();
  auto second = joiner.take();
  ASSERT_EQ(second.size(), 1u);
  EXPECT_THAT(second[0].keys, ElementsAre("a", "b\n"));
  EXPECT_EQ(joiner.passed_over(), 1u);
}

TEST(Events, LongArgumentsComeInPieces) {
  EventJoiner joiner;
  feed(joiner,
       "type=EXECVE msg=audit(1.000:1): argc=2 a0=\"sh\" a1_len=8 a1[0]=61626364\ntype=EXECVE "
       "msg=audit(1.000:1): a1[1]=65666768\n");
  joiner.end();
  EXPECT_THAT(joiner.take().at(0).argv, ElementsAre("sh", "abcdefgh"));
}

RC_GTEST_PROP(Events, AnyLineIsTakenOrPassedOver, (std::string text)) {
  EventJoiner joiner;
  joiner.line("type=SYSCALL msg=audit(1.000:1): " + text);
  joiner.line(text);
  joiner.end();
  for (const auto& event : joiner.take()) (void)event_text(event), (void)event_json(event);
}

TEST(Events, Times) {
  EXPECT_EQ(parse_time("10m", 1000).value(), 400'000);
  EXPECT_EQ(parse_time("1700000000", 0).value(), 1700000000000);
  EXPECT_EQ(parse_time("2026-01-31T12:00:00Z", 0).value(), 1769860800000);
  EXPECT_THAT(parse_time("tomorrow", 0).error().text, HasSubstr("is not a time"));
}

TEST(DaemonSettings, ArgumentsCollectAndOverride) {
  auto settings =
      settings_of_arguments({"dockerd", "-H", "fd://", "--host=tcp://0.0.0.0:1", "--icc=true", "--icc=false",
                             "-l", "debug", "-D", "--storage-opt", "a", "--storage-opt=b"},
                            "w");
  EXPECT_THAT(settings.at("hosts").values, ElementsAre("fd://", "tcp://0.0.0.0:1"));
  EXPECT_THAT(settings.at("icc").values, ElementsAre("false"));
  EXPECT_THAT(settings.at("log-level").values, ElementsAre("debug"));
  EXPECT_THAT(settings.at("debug").values, ElementsAre("true"));
  EXPECT_THAT(settings.at("storage-opts").values, ElementsAre("a", "b"));
}

TEST(DaemonSettings, ConfigurationIsParsedAsJson) {
  auto settings = settings_of_config(
      "{\"hosts\": [\n\"fd://\",\n\"tcp://x:1\"], \"tlsverify\": true, \"log-opts\": {\"a\": \"b\"}, \"x\": "
      "null}",
      "f");
  ASSERT_TRUE(settings);
  EXPECT_THAT(settings->at("hosts").values, ElementsAre("fd://", "tcp://x:1"));
  EXPECT_THAT(settings->at("tlsverify").values, ElementsAre("true"));
  EXPECT_THAT(settings->at("log-opts").values, ElementsAre("a=b"));
  EXPECT_TRUE(settings->at("x").values.empty());
  EXPECT_FALSE(settings_of_config("[]", "f"));
  EXPECT_TRUE(settings_of_config(" \n", "f")->empty());
}

TEST(DaemonSettings, ExecStartIsSplitLikeSystemd) {
  EXPECT_THAT(split_exec("/usr/bin/dockerd -H 'fd://' \"--label=a b\" ${ONE} $MANY x",
                         {{"ONE", "1 1"}, {"MANY", "-D --icc=false"}}),
              ElementsAre("/usr/bin/dockerd", "-H", "fd://", "--label=a b", "1 1", "-D", "--icc=false", "x"));
}

TEST(Secrets, AreTakenOutAndNamed) {
  EXPECT_EQ(redact_assignment("DB_PASSWORD=hunter2"),
            "DB_PASSWORD=[redacted: a value under a name for secrets]");
  EXPECT_EQ(redact_assignment("X=AKIAABCDEFGHIJKLMNOP"), "X=[redacted: an AWS access key id]");
  EXPECT_EQ(redact_assignment("URL=postgres://u:pw@db/x"), "URL=[redacted: a URL with a password]");
  EXPECT_EQ(redact_text("ENV A=b API_TOKEN=q1w2e3 c"),
            "ENV A=b API_TOKEN=[redacted: a value under a name for secrets] c");
}

TEST(Secrets, OfTheDaemonsConfigurationToo) {
  Daemon daemon{.argv = {"dockerd", "--log-opt=splunk-token=q1w2e3r4"},
                .settings = {{"log-opts", {.values = {"splunk-token=q1w2e3r4", "splunk-url=https://s"}}},
                             {"http-proxy", {.values = {"http://u:pw@proxy:3128"}}},
                             {"hosts", {.values = {"tcp://10.0.0.1:2376"}}}}};
  redact(daemon);
  EXPECT_EQ(daemon.argv[1], "--log-opt=splunk-token=[redacted: a value under a name for secrets]");
  EXPECT_THAT(
      daemon.settings["log-opts"].values,
      ElementsAre("splunk-token=[redacted: a value under a name for secrets]", "splunk-url=https://s"));
  EXPECT_EQ(daemon.settings["http-proxy"].values[0], "[redacted: a URL with a password]");
  EXPECT_EQ(daemon.settings["hosts"].values[0], "tcp://10.0.0.1:2376");
}

TEST(Secrets, HarmlessOnesStay) {
  for (const char* text : {"PASSWORD_FILE=/run/secrets/x", "PASSWORD=", "PASSWORD=$PASS", "TOKEN=/path",
                           "PATH=/bin", "POSTGRES_PASSWORD_FILE=x", "URL=https://host/x", "SECRET=true"})
    EXPECT_EQ(redact_assignment(text), text);
}

RC_GTEST_PROP(Secrets, AnyTextIsRead, (std::string text)) {
  auto once = redact_text(text);
  (void)redact_assignment(text);
  docker::Config config;
  config.labels[text] = text;
  redact(config);
}

TEST(BuildHistory, CommandsOfAShellText) {
  auto commands = shell_commands("apt-get update && apt-get install -y 'a b'; x | sh || (y)");
  ASSERT_EQ(commands.size(), 5u);
  EXPECT_THAT(commands[1].words, ElementsAre("apt-get", "install", "-y", "a b"));
  EXPECT_TRUE(commands[3].piped);
  EXPECT_FALSE(commands[4].piped);
}

using image::testing::make_tar;

Result<LayerScan> scan(const std::string& stream, const LayerLimits& limits = {}) {
  return scan_layers(image::testing::Pieces(stream), limits);
}

TEST(Layers, LaterLayersHideEarlierOnes) {
  auto first = make_tar({{"bin/su", 04755, "x"},
                         {"bin/ping", 04755, "x"},
                         {"opt/a/s", 02755, "x"},
                         {"usr/bin/kept", 04711, "x"},
                         {"etc/passwd", 0644, "root:x:0:0::/:\n"}});
  auto second = make_tar({{"bin/su", 0755, "x"},
                          {"bin/.wh.ping", 0, ""},
                          {"opt/a/.wh..wh..opq", 0, ""},
                          {"etc/passwd", 0644, "app:x:7:8::/:\n"}});
  auto image = make_tar({{"1/layer.tar", 0644, first},
                         {"2/layer.tar", 0644, second},
                         {"manifest.json", 0644, R"([{"Layers": ["1/layer.tar", "2/layer.tar"]}])"}});
  auto found = scan(image);
  ASSERT_TRUE(found) << found.error().text;
  ASSERT_EQ(found->set_id.size(), 1u);
  EXPECT_EQ(found->set_id[0].path, "/usr/bin/kept");
  ASSERT_EQ(found->accounts.size(), 1u);
  EXPECT_EQ(found->accounts[0].uid, 7u);
}

TEST(Layers, HostileStreamsEndInAnError) {
  EXPECT_FALSE(scan(""));
  EXPECT_FALSE(scan(std::string(5000, 'x')));
  EXPECT_THAT(scan(make_tar({{"manifest.json", 0644, R"([{"Layers": ["gone/layer.tar"]}])"}})).error().text,
              HasSubstr("not in the stream"));
  EXPECT_THAT(scan(make_tar({{"manifest.json", 0644, "{"}})).error().text, HasSubstr("not JSON"));
  EXPECT_THAT(scan(make_tar({{"x", 0644, std::string(100'000, 'x')}}), {.stream = {.stream_bytes = 10'000}})
                  .error()
                  .text,
              HasSubstr("larger than the limit"));
  auto many = make_tar({{"a", 0644, ""}, {"b", 0644, ""}, {"c", 0644, ""}});
  EXPECT_THAT(scan(make_tar({{"1/layer.tar", 0644, many}}), {.stream = {.entries = 2}}).error().text,
              HasSubstr("more than 2 files"));
}

TEST(Watches, OnlyWhatExistsOnce) {
  auto watches = plan_watches(
      {{.role = "docker-client", .path = "/usr/bin/docker", .real_path = "/usr/bin/docker", .type = "file"},
       {.role = "etc-docker", .path = "/etc/docker", .real_path = "/etc/docker", .type = "directory"},
       {.role = "runc", .path = "/usr/bin/runc"},
       {.role = "path", .path = "/etc", .real_path = "/etc", .type = "directory"}});
  ASSERT_EQ(watches.size(), 2u);
  EXPECT_THAT(rules_text(watches),
              HasSubstr("-w /etc/docker -p wa -k docker\n-w /usr/bin/docker -p wxa -k docker\n"));
}

}  // namespace
}  // namespace bh::audit
