// The S3 backend's parts that need no server.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "s3/answers.h"
#include "s3/credentials.h"
#include "s3/part_hashes.h"
#include "s3/sigv4.h"
#include "s3/upload_journal.h"
#include "support/backends.h"
#include "support/files.h"

namespace cairn::s3 {
namespace {

using test::as_bytes;

std::chrono::system_clock::time_point at(const char* text) {
  return *parse_time(text);
}

std::string signature_of(const Pairs& headers) {
  const std::string& all = *find(headers, "authorization");
  return all.substr(all.size() - 64);
}

const Credentials kPublished{"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "", {}};

ToSign published(const char* method, const char* path, Pairs query, Pairs headers, const std::string& body = "") {
  headers.emplace_back("Host", "examplebucket.s3.amazonaws.com");
  return {method, path, std::move(query), std::move(headers), sha256_hex(body)};
}

// The four examples of the Amazon S3 API reference.
TEST(SigV4, EqualsThePublishedExamples) {
  const auto now = at("2013-05-24T00:00:00Z");
  const auto signature = [&](const ToSign& request) {
    return signature_of(sign(request, kPublished, "us-east-1", "s3", now));
  };
  EXPECT_EQ(signature(published("GET", "/test.txt", {}, {{"Range", "bytes=0-9"}})),
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
  EXPECT_EQ(
      signature(published("PUT", "/test$file.text", {},
                          {{"Date", "Fri, 24 May 2013 00:00:00 GMT"}, {"x-amz-storage-class", "REDUCED_REDUNDANCY"}},
                          "Welcome to Amazon S3.")),
      "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
  EXPECT_EQ(signature(published("GET", "/", {{"lifecycle", ""}}, {})),
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
  EXPECT_EQ(signature(published("GET", "/", {{"prefix", "J"}, {"max-keys", "2"}}, {})),
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

// Made with botocore: odd paths, queries, headers, tokens.
TEST(SigV4, EqualsAnotherClientsSignatures) {
  std::ifstream file(test::source_dir() / "tests/data/sigv4_vectors.json");
  const auto cases = nlohmann::json::parse(file);
  ASSERT_EQ(cases.size(), 26u);
  for (const auto& each : cases) {
    ToSign request{
        each["method"], each["path"], {}, {{"host", "s3.example.com"}}, sha256_hex(each["body"].get<std::string>())};
    for (const auto& pair : each["query"]) request.query.emplace_back(pair[0], pair[1]);
    for (const auto& [name, value] : each["headers"].items()) request.headers.emplace_back(name, value);
    const Credentials credentials{"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", each["token"], {}};
    const Pairs headers = sign(request, credentials, "eu-west-3", "s3", at("2026-03-04T05:06:07Z"));
    const std::string theirs = each["authorization"];
    EXPECT_EQ(signature_of(headers), theirs.substr(theirs.size() - 64)) << each.dump();
  }
}

TEST(S3Answers, ReadsAListing) {
  const Listing listing = parse_listing(
      as_bytes("<?xml version='1.0'?><ListBucketResult xmlns='u'><EncodingType>url</EncodingType>"
               "<IsTruncated>true</IsTruncated><Contents><Key>a%2Bb/c%3D</Key></Contents></ListBucketResult>"));
  EXPECT_EQ(listing.keys, std::vector<std::string>{"a+b/c="});
  EXPECT_TRUE(listing.truncated);
}

TEST(S3Answers, RefusesHostileDocuments) {
  const auto list = [](const std::string& inside) { return "<ListBucketResult>" + inside + "</ListBucketResult>"; };
  std::string deep, many;
  for (int i = 0; i < 100000; ++i) deep += "<a>";
  for (int i = 0; i < 1001; ++i) many += "<Contents><Key>a</Key></Contents>";
  for (const std::string& text :
       {std::string(""), std::string("<ListBucketResult>"), std::string("<Other/>"),
        std::string("<!DOCTYPE a [<!ENTITY b \"c\">]>") + list(""), list(deep), list(many),
        list("<Contents><Key>" + std::string(5000, 'a') + "</Key></Contents>"),
        list("<EncodingType>url</EncodingType><Contents><Key>%4</Key></Contents>"), std::string(9u << 20, ' ')}) {
    EXPECT_THROW(parse_listing(as_bytes(text)), Error) << text.substr(0, 100);
  }
}

TEST(S3Answers, RefusesPartsThatCannotBe) {
  const auto part = [](const char* number, const char* size) {
    return cat("<ListPartsResult><Part><PartNumber>", number, "</PartNumber><Size>", size,
               "</Size><ETag>e</ETag></Part></ListPartsResult>");
  };
  EXPECT_EQ(parse_parts(as_bytes(part("10000", "5"))).parts[0].number, 10000);
  for (const char* number : {"0", "10001", "-1", "x", "", "99999999999999999999"})
    EXPECT_THROW(parse_parts(as_bytes(part(number, "5"))), Error) << number;
  EXPECT_THROW(parse_parts(as_bytes(part("1", "5x"))), Error);
}

TEST(S3Answers, TellsACompletionFromAnErrorWithGoodStatus) {
  EXPECT_TRUE(is_completed_upload(as_bytes("<x:CompleteMultipartUploadResult xmlns:x='u'/>")));
  EXPECT_TRUE(is_completed_upload(
      as_bytes("<CompleteMultipartUploadResponse xmlns='u'><ETag/></CompleteMultipartUploadResponse>")));
  EXPECT_FALSE(is_completed_upload(as_bytes("<Error><Code>InternalError</Code></Error>")));
  EXPECT_EQ(parse_error(as_bytes("<Error><Code>A</Code><Message>b</Message></Error>")).code, "A");
  EXPECT_EQ(parse_error(as_bytes("<html>no")).code, "");
}

TEST(S3Upload, HashesPartsBeforeTheyAreAskedForAndInAnyOrder) {
  const std::string text(100000, 'x');
  std::vector<std::span<const std::byte>> parts;
  for (size_t i = 0; i < 10; ++i) parts.push_back(as_bytes(text).subspan(i, 1000 * (i + 1)));
  PartHashes hashes(parts);
  for (const size_t i : {9, 0, 4, 1, 4}) EXPECT_EQ(hashes.wait_for(i), sha256_hex(parts[i]));
  EXPECT_EQ(hashes.ask(4), sha256_hex(parts[4]));
}

TEST(S3Upload, AJournalOutlivesItsWriter) {
  const test::TempFolder folder;
  const Path path = folder / "uploads/a.upload";
  UploadJournal first(real_files(), path, null_logger());
  EXPECT_EQ(first.id(), "");
  first.begin("id/1+=", "token");
  first.add(3, {"hash", "\"old\""});
  first.add(3, {"hash", "\"etag\""});
  UploadJournal second(real_files(), path, null_logger());
  EXPECT_EQ(second.id(), "id/1+=");
  EXPECT_EQ(second.token(), "token");
  ASSERT_NE(second.part(3), nullptr);
  EXPECT_EQ(second.part(3)->sha256, "hash");
  EXPECT_EQ(second.part(3)->etag, "\"etag\"");
  EXPECT_EQ(second.part(2), nullptr);
  second.begin("id2", "other");
  EXPECT_EQ(second.part(3), nullptr) << "parts are of one upload";
  EXPECT_EQ(UploadJournal(real_files(), path, null_logger()).part(3), nullptr);
  second.remove();
  EXPECT_FALSE(real_files().stat(path));
}

TEST(S3Credentials, ReadsProfilesAsTheAwsToolsWriteThem) {
  const std::string text = "# c\n[default]\naws_access_key_id=A\n[ p ]\nAWS_Secret_Access_Key = a=b \n;x\n[q]\nk=v\n";
  EXPECT_EQ(read_profile(text, "default"), (Pairs{{"aws_access_key_id", "A"}}));
  EXPECT_EQ(read_profile(text, "p"), (Pairs{{"aws_secret_access_key", "a=b"}}));
  EXPECT_TRUE(read_profile(text, "none").empty());
}

}  // namespace
}  // namespace cairn::s3
