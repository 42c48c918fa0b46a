#include "support/s3_server.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>

#include "plugin/registry.h"
#include "support/backends.h"

namespace cairn::test {

namespace {

std::string request(int port, const std::string& text) {
  const int connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<uint16_t>(port));
  inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
  if (connect(connection, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0)
    fail(Code::Unavailable, "the test server does not answer");
  for (size_t sent = 0; sent < text.size();) {
    const ssize_t count = send(connection, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
    if (count <= 0) fail(Code::Unavailable, "the test server takes nothing");
    sent += static_cast<size_t>(count);
  }
  std::string answer;
  char buffer[65536];
  for (ssize_t count; (count = recv(connection, buffer, sizeof buffer, 0)) > 0;)
    answer.append(buffer, static_cast<size_t>(count));
  close(connection);
  return answer;
}

}  // namespace

S3Server::S3Server() {
  setenv("CAIRN_TEST_KEY_ID", "TESTKEY", 1);
  setenv("CAIRN_TEST_SECRET", "test/secret+key", 1);
}

std::string S3Server::address() const {
  return cat("http://127.0.0.1:", port());
}

std::string S3Server::control(const std::string& method, const std::string& what, const std::string& json) const {
  const std::string answer = request(port(), cat(method, " /-/", what, " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n",
                                                 "Content-Length: ", json.size(), "\r\n\r\n", json));
  if (!answer.starts_with("HTTP/1.1 200")) fail(Code::Internal, "the test server says ", answer.substr(0, 200));
  return answer.substr(answer.find("\r\n\r\n") + 4);
}

size_t S3Server::count(const std::string& text) const {
  const std::string all = control("GET", "requests");
  size_t found = 0;
  for (size_t at = all.find(text); at != std::string::npos; at = all.find(text, at + 1)) ++found;
  return found;
}

void S3Server::wait_for(const std::string& text, size_t count) const {
  std::string encoded;
  for (const char c : text) encoded += c == ' ' ? "%20" : c == '"' ? "%22" : std::string(1, c);
  if (control("GET", cat("wait?count=", count, "&text=", encoded)) != "true")
    fail(Code::Unavailable, "the test server was not asked for ", text);
}

Table S3Server::params(const std::string& prefix) const {
  return {{"url", "s3://bucket/" + prefix},
          {"endpoint", address()},
          {"region", "eu-test-1"},
          {"key_id_env", "CAIRN_TEST_KEY_ID"},
          {"secret_key_env", "CAIRN_TEST_SECRET"},
          {"uploads_folder", (folder_.path() / "uploads").string()},
          {"give_up", 5.0}};
}

std::unique_ptr<Backend> s3_backend(Table params, Logger* log, const std::atomic<bool>* stop) {
  Context context;
  if (log != nullptr) context.log = log;
  context.stop = stop;
  return plugins().create<Backend>("s3", params, context);
}

}  // namespace cairn::test
