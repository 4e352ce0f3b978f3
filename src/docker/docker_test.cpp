// Which engine is meant, and what is made of its answers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

#include "docker/find.h"
#include "docker/model_fields.h"

namespace bh::docker {
namespace {

using testing::HasSubstr;

class FindEngine : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/bulkhead-find-XXXXXX";
    home_ = ::mkdtemp(name);
    variables_["HOME"] = home_;
    write(
        ".docker/contexts/meta/abc/meta.json",
        R"({"Name": "prod", "Endpoints": {"docker": {"Host": "tcp://prod:2376", "SkipTLSVerify": false}}})");
    write(".docker/contexts/tls/abc/docker/ca.pem", "x");
    write(".docker/contexts/meta/def/meta.json",
          R"({"Name": "far", "Endpoints": {"docker": {"Host": "ssh://far"}}})");
  }
  void TearDown() override { std::filesystem::remove_all(home_); }

  void write(const std::string& path, const std::string& text) const {
    auto full = std::filesystem::path(home_) / path;
    std::filesystem::create_directories(full.parent_path());
    std::ofstream(full) << text;
  }
  Result<Target> find(const std::string& host = "", const std::string& context = "") {
    return find_engine(
        Os::real(), [this](const std::string& name) { return variables_[name]; }, host, context);
  }

  std::string home_;
  std::map<std::string, std::string> variables_;
};

TEST_F(FindEngine, DefaultIsTheUsualSocket) {
  EXPECT_EQ(find()->endpoint.kind, net::Endpoint::Kind::unix_socket);
}

TEST_F(FindEngine, DockerHostComesBeforeTheContext) {
  write(".docker/config.json", R"({"currentContext": "prod", "auths": {}})");
  EXPECT_EQ(find()->endpoint.host, "prod");
  EXPECT_EQ(find()->endpoint.kind, net::Endpoint::Kind::tls);
  EXPECT_THAT(find()->endpoint.tls.ca, HasSubstr("tls/abc/docker/ca.pem"));
  EXPECT_THAT(find()->origin, HasSubstr("context prod"));
  variables_["DOCKER_HOST"] = "unix:///x.sock";
  EXPECT_EQ(find()->endpoint.path, "/x.sock");
  EXPECT_EQ(find("tcp://[::1]:99")->endpoint.port, 99);
}

TEST_F(FindEngine, TlsByVariables) {
  variables_["DOCKER_HOST"] = "tcp://h:2376";
  EXPECT_EQ(find()->endpoint.kind, net::Endpoint::Kind::tcp);
  write("certs/cert.pem", "x");
  variables_["DOCKER_TLS_VERIFY"] = "1";
  variables_["DOCKER_CERT_PATH"] = home_ + "/certs";
  EXPECT_THAT(find().error().text, HasSubstr("DOCKER_CERT_PATH: there is no"));
  write("certs/ca.pem", "x");
  EXPECT_EQ(find()->endpoint.kind, net::Endpoint::Kind::tls);
  EXPECT_TRUE(find()->endpoint.tls.verify);
  EXPECT_EQ(find()->endpoint.tls.certificate, home_ + "/certs/cert.pem");
}

TEST_F(FindEngine, ErrorsSayWhatIsWrong) {
  EXPECT_THAT(find("", "nope").error().text, HasSubstr("there is no context nope"));
  EXPECT_THAT(find("", "nope").error().text, HasSubstr("known: default, "));
  EXPECT_THAT(find("", "far").error().text, HasSubstr("forward the socket"));
  EXPECT_THAT(find("x").error().text, HasSubstr("expected a scheme"));
  EXPECT_THAT(find("tcp://h:99999").error().text, HasSubstr("1 to 65535"));
  write(".docker/config.json", "{");
  EXPECT_THAT(find().error().text, HasSubstr("not JSON at byte 2"));
}

constexpr std::string_view smallest =
    R"({"Id": "1", "Name": "/a", "State": {}, "HostConfig": {"Privileged": true}, "Config": {}})";

Result<Container> container(std::string_view text) {
  BH_TRY(auto json, parse_json(text));
  Container value;
  BH_TRY_DO(Reader::read(json, value));
  return value;
}

TEST(Model, NullAndUnknownFieldsAreTaken) {
  auto value = container(
      R"({"Id": "1", "Name": "/a", "New": [1, {}], "State": {"Health": null, "Pid": 7}, "Mounts": null, "ExecIDs": null,
    "HostConfig": {"Privileged": false, "CapAdd": null, "SecurityOpt": null, "PidsLimit": null, "PortBindings": {"80/tcp": null}}, "Config": {"Env": null, "Healthcheck": null}})");
  ASSERT_TRUE(value) << value.error().text;
  EXPECT_EQ(value->state.pid, 7);
  EXPECT_FALSE(value->host_config.pids_limit.has_value());
  EXPECT_FALSE(value->config.healthcheck.has_value());
}

TEST(Model, AWrongTypeIsNamedNotDefaulted) {
  EXPECT_TRUE(container(smallest)->host_config.privileged);
  auto with = [](std::string_view from, std::string_view to) {
    std::string text(smallest);
    text.replace(text.find(from), from.size(), to);
    return container(text).error().text;
  };
  EXPECT_EQ(with("true", "\"true\""), "HostConfig.Privileged is a string, expected true or false");
  EXPECT_EQ(with("\"Privileged\": true", "\"Memory\": 1"), "HostConfig.Privileged is missing");
  EXPECT_EQ(with("\"State\": {}", "\"State\": {\"Pid\": 1.5}"),
            "State.Pid is a number, expected a whole number");
  EXPECT_EQ(with("\"State\": {}", "\"State\": {\"Pid\": 99999999999999999999}"),
            "State.Pid is a number, expected a whole number");
  EXPECT_EQ(with("\"Config\": {}", "\"Config\": []"), "Config is an array, expected an object");
}

TEST(Json, LimitsComeBeforeTheTree) {
  EXPECT_THAT(parse_json(std::string(1000, '[')).error().text,
              HasSubstr("nested deeper than 64 levels at byte 64"));
  EXPECT_THAT(parse_json("[" + std::string(3'000'000, ',')).error().text,
              HasSubstr("more than 2000000 values"));
  EXPECT_THAT(parse_json("{\"a\": 1,}").error().text, HasSubstr("not JSON at byte"));
  EXPECT_EQ(parse_json("\"[[[\\\"[[\"")->get<std::string>(), "[[[\"[[");
}

}  // namespace
}  // namespace bh::docker
