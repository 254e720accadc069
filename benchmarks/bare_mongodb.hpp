// The documents of a fire written with bare libmongoc: what uvsched's own store is compared with.
#pragma once

#include <mongoc/mongoc.h>

#include <string>

#include "benchmarks/bench.hpp"

namespace bench {

class BareMongodb {
public:
    // Works in the collections "bare" and "bare_history" of the URL's database.
    BareMongodb(const std::string& url, std::int64_t tasks) : tasks_(tasks) {
        mongoc_init();
        bson_error_t error;
        uri_ = mongoc_uri_new_with_error(url.c_str(), &error);
        if (uri_ == nullptr) die(error.message);
        client_ = mongoc_client_new_from_uri(uri_);
        rows_ = mongoc_client_get_collection(client_, mongoc_uri_get_database(uri_), "bare");
        history_ = mongoc_client_get_collection(client_, mongoc_uri_get_database(uri_), "bare_history");
        mongoc_write_concern_t* const concern = mongoc_write_concern_new();
        mongoc_write_concern_set_wmajority(concern, 0);
        mongoc_write_concern_set_journal(concern, true);
        mongoc_collection_set_write_concern(rows_, concern);
        mongoc_collection_set_write_concern(history_, concern);
        mongoc_write_concern_destroy(concern);
    }
    ~BareMongodb() {
        mongoc_collection_destroy(history_);
        mongoc_collection_destroy(rows_);
        mongoc_client_destroy(client_);
        mongoc_uri_destroy(uri_);
    }
    BareMongodb(const BareMongodb&) = delete;
    BareMongodb& operator=(const BareMongodb&) = delete;

    // So many tasks.
    void fill() {
        mongoc_collection_drop(rows_, nullptr);
        mongoc_collection_drop(history_, nullptr);
        constexpr std::int64_t kPiece = 1'000;
        for (std::int64_t first = 0; first < tasks_; first += kPiece) {
            Bulk tasks(rows_);
            for (std::int64_t task = first; task < std::min(first + kPiece, tasks_); ++task) {
                tasks.insert(
                    BCON_NEW("_id", BCON_INT64(task), "due", BCON_INT64(0), "runs", BCON_INT64(0), "open", "[", "]"));
            }
        }
    }

    // A claim and a finish for each of `count` fires: all claims in one round trip, all finishes in two.
    void fire(std::int64_t due, int count) {
        {
            Bulk claims(rows_);
            for (int i = 0; i < count; ++i) {
                claims.update(task(due + i), BCON_NEW("$set", "{", "due", BCON_INT64(due), "}",  //
                                                      "$push", "{", "open", BCON_INT64(due), "}"));
            }
        }
        {
            Bulk ends(history_);
            for (int i = 0; i < count; ++i) {
                ends.insert(BCON_NEW("task", BCON_INT64((due + i) % tasks_), "slot", BCON_INT64(due),  //
                                     "state", BCON_UTF8("done")));
            }
        }
        Bulk ends(rows_);
        for (int i = 0; i < count; ++i) {
            ends.update(task(due + i), BCON_NEW("$pull", "{", "open", BCON_INT64(due), "}",  //
                                                "$inc", "{", "runs", BCON_INT64(1), "}"));
        }
    }

private:
    // Documents that are written together, in no order, when it goes.
    class Bulk {
    public:
        explicit Bulk(mongoc_collection_t* into) {
            bson_t* const options = BCON_NEW("ordered", BCON_BOOL(false));
            all_ = mongoc_collection_create_bulk_operation_with_opts(into, options);
            bson_destroy(options);
        }
        ~Bulk() {
            bson_error_t error;
            if (mongoc_bulk_operation_execute(all_, nullptr, &error) == 0) die(error.message);
            mongoc_bulk_operation_destroy(all_);
        }
        Bulk(const Bulk&) = delete;
        Bulk& operator=(const Bulk&) = delete;

        void insert(bson_t* document) {
            mongoc_bulk_operation_insert(all_, document);
            bson_destroy(document);
        }
        void update(bson_t* filter, bson_t* change) {
            mongoc_bulk_operation_update_one(all_, filter, change, false);
            bson_destroy(filter);
            bson_destroy(change);
        }

    private:
        mongoc_bulk_operation_t* all_ = nullptr;
    };

    [[nodiscard]] bson_t* task(std::int64_t number) const { return BCON_NEW("_id", BCON_INT64(number % tasks_)); }

    const std::int64_t tasks_;
    mongoc_uri_t* uri_ = nullptr;
    mongoc_client_t* client_ = nullptr;
    mongoc_collection_t* rows_ = nullptr;
    mongoc_collection_t* history_ = nullptr;
};

}  // namespace bench
