// SPDX-License-Identifier: MIT
// A lending library, with two mistakes in it that are easily made.
//
// A book that is out knows its loan, and the loan knows its book, both by shared_ptr: until
// somebody brings the book back, neither can be freed. And the readers who wait form a linked
// list, of which only the head is given up. The catalogue, and the books in it, are clean.

#include <cstdio>
#include <map>
#include <memory>
#include <string>

struct Loan;

struct Book {
	std::string title;
	std::shared_ptr<Loan> loan; // null while the book is on its shelf
};

struct Loan {
	int days;
	std::shared_ptr<Book> book; // a weak_ptr would do
};

struct Reservation {
	const char *reader;
	Reservation *next;
};

class Library
{
      public:
	void buy(const char *title)
	{
		auto book = std::make_shared<Book>();

		book->title = title;
		catalogue_[title] = book;
	}

	void lend(const char *title, int days)
	{
		auto loan = std::make_shared<Loan>();

		loan->days = days;
		loan->book = catalogue_.at(title);
		loan->book->loan = loan;
	}

	void take_back(const char *title)
	{
		catalogue_.at(title)->loan.reset();
	}

	void reserve(const char *reader)
	{
		queue_ = new Reservation{ reader, queue_ };
	}

	void forget_reservations()
	{
		queue_ = nullptr;
	}

	void print() const
	{
		for (const auto &[title, book] : catalogue_)
			std::printf("%-20s  %s\n", title.c_str(), book->loan ? "lent" : "here");
	}

      private:
	std::map<std::string, std::shared_ptr<Book>> catalogue_;
	Reservation *queue_ = nullptr;
};

int main()
{
	Library library;

	for (const char *title : { "Crime and Punishment", "Great Expectations",
				   "Pride and Prejudice", "Wuthering Heights" })
		library.buy(title);
	for (const char *title :
	     { "Great Expectations", "Pride and Prejudice", "Wuthering Heights" })
		library.lend(title, 14);
	library.take_back("Pride and Prejudice");
	for (const char *reader : { "Ada", "Grace", "Edsger" })
		library.reserve(reader);
	library.forget_reservations();
	library.print();
	return 0;
}
