//! All pages of a list, one after the other or several at a time.
//!
//! The services page by position, and a list may change while it is read: a task that appears or
//! vanishes moves all that come after it. What is promised, given that the service keeps the order of
//! the tasks that stay:
//!
//! | | one page at a time | several ([`concurrency`](Pages::concurrency)) |
//! | --- | --- | --- |
//! | a task that is there all the while | is given | is given if the list is at rest; pages that are asked for at once may be answered from different states of it |
//! | a task that appears or vanishes meanwhile | may be given or not | the same |
//! | the same id twice | is given once | is given once |
//! | requests | one a page, more when the list has moved | one a page, and at most n − 1 too many |
//!
//! To keep the promise, each page begins with the last task of the page before. Where no task of the
//! page is known, the list has moved, and reading steps back until one is. The last ten thousand ids
//! are known, so that memory does not grow with the list; only if as many tasks vanish between two
//! pages, a task may be given twice.
//!
//! The end is a short or empty page, never the count that the service sends.

use std::collections::{HashSet, VecDeque};
use std::hash::{BuildHasher, RandomState};

use futures_util::stream::{self, Stream, StreamExt, TryStreamExt};

use crate::error::Error;
use crate::transport::Response;

/// How many ids are known: more than pages can move by between two requests.
const KNOWN_IDS: usize = 10_000;

/// How many pages in a row may bring nothing new before the list counts as one that is never at rest.
const FRUITLESS_PAGES: u32 = 100;

/// A call of an operation that lists in pages. `build.rs` implements it from `x-huaweicloud-paging`.
pub trait PagedCall: Clone + Send {
    /// The body of an answer.
    type Page: Send;
    /// What the page lists.
    type Item: Send;

    /// The position of the first item.
    #[doc(hidden)]
    const FIRST: i32;
    /// How many items are asked for where the call does not say.
    #[doc(hidden)]
    const PAGE_SIZE: i32;
    /// The name of the position, for messages.
    #[doc(hidden)]
    const POSITION: &'static str;

    #[doc(hidden)]
    fn position(&self) -> Option<i32>;
    #[doc(hidden)]
    fn page_size(&self) -> Option<i32>;
    #[doc(hidden)]
    fn at(self, position: i32, page_size: i32) -> Self;
    #[doc(hidden)]
    fn page(self) -> impl Future<Output = Result<Response<Self::Page>, Error>> + Send;
    #[doc(hidden)]
    fn items(page: &mut Self::Page) -> &mut crate::wire::List<Self::Item>;
    #[doc(hidden)]
    fn id(item: &Self::Item) -> Option<&str>;
}

/// The pages of a list, started by `.pages()` of a call.
///
/// The position and the page size are those of the call, where it has them; else the list is read from
/// its start, in pages as large as the service gives.
///
/// ```no_run
/// use futures_util::TryStreamExt;
/// # async fn run(client: huaweicloud_tasks::dcs::Client) -> Result<(), huaweicloud_tasks::Error> {
/// let mut tasks = std::pin::pin!(client.instance("5560df16-cebf-4473-95c4-d1b573c16e79").list().stream());
/// while let Some(task) = tasks.try_next().await? {
///     println!("{:?}", task.id);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is sent before the stream is polled"]
pub struct Pages<C> {
    call: C,
    concurrency: usize,
}

impl<C: PagedCall> Pages<C> {
    pub(crate) fn new(call: C) -> Self {
        Self {
            call,
            concurrency: 1,
        }
    }

    /// Asks for so many pages at a time; 0 counts as 1. The order is kept. The promise is weaker: see
    /// [the module](self).
    pub fn concurrency(mut self, pages: usize) -> Self {
        self.concurrency = pages.max(1);
        self
    }

    /// The pages, each without the items that were given before.
    ///
    /// # Errors
    ///
    /// An error ends the stream after all that was read before it, and says where to go on:
    /// [`Error::resume_at`].
    pub fn stream(self) -> impl Stream<Item = Result<Response<C::Page>, Error>> + Send {
        let pages = if self.concurrency > 1 {
            self.several_at_a_time().left_stream()
        } else {
            self.one_at_a_time().right_stream()
        };
        pages.fuse()
    }

    /// The items of all pages.
    ///
    /// # Errors
    ///
    /// As those of [`stream`](Self::stream).
    pub fn items(self) -> impl Stream<Item = Result<C::Item, Error>> + Send {
        self.stream()
            .map_ok(|page| {
                let mut page = page.into_inner();
                let items = std::mem::take(C::items(&mut page));
                stream::iter(items.into_iter().map(Ok))
            })
            .try_flatten()
    }

    fn start(&self) -> i32 {
        self.call.position().unwrap_or(C::FIRST)
    }

    /// How many items to ask for: no more than the service gives, whose full page would look short.
    fn size(&self) -> i32 {
        let size = self.call.page_size().unwrap_or(C::PAGE_SIZE);
        size.clamp(1, C::PAGE_SIZE.max(1))
    }

    fn one_at_a_time(self) -> impl Stream<Item = Result<Response<C::Page>, Error>> + Send {
        // One item of each page is known already, so that a page of one would bring nothing new.
        let size = self.size().max(2);
        let reading = Reading {
            start: self.start(),
            position: self.start(),
            call: self.call,
            size,
            overlap: false,
            fruitless: 0,
            known: Known::default(),
        };
        stream::try_unfold(Some(reading), |reading| async {
            match reading {
                Some(reading) => reading.next().await,
                None => Ok(None),
            }
        })
    }

    fn several_at_a_time(self) -> impl Stream<Item = Result<Response<C::Page>, Error>> + Send {
        let size = self.size();
        let (start, call) = (self.start(), self.call);
        let positions = stream::unfold(Some(start), move |position| {
            std::future::ready(position.map(|position| (position, position.checked_add(size))))
        });
        let mut known = Known::default();
        let pages = Box::pin(
            positions
                .map(move |position| {
                    let page = call.clone().at(position, size).page();
                    async move { page.await.map_err(|e| e.resuming(C::POSITION, position)) }
                })
                .buffered(self.concurrency)
                .map_ok(move |mut page| {
                    let items = C::items(&mut page);
                    let short = i32::try_from(items.len()).is_ok_and(|length| length < size);
                    let all = std::mem::take(items);
                    *items = all
                        .into_iter()
                        .filter(|item| C::id(item).is_none_or(|id| known.learn(id)))
                        .collect();
                    (page, short)
                }),
        );
        // The stream ends with a short page or an error; the pages under way behind it are dropped.
        stream::unfold(Some(pages), |pages| async {
            let mut pages = pages?;
            Some(match pages.next().await? {
                Ok((page, short)) => (Ok(page), (!short).then_some(pages)),
                Err(error) => (Err(error), None),
            })
        })
    }
}

/// A list that is being read one page at a time.
struct Reading<C> {
    call: C,
    start: i32,
    /// Where the page after the last one begins.
    position: i32,
    size: i32,
    /// Whether the next page begins with the last item that was read. An item without an id would not
    /// be known again.
    overlap: bool,
    /// Pages in a row that brought no id that is new.
    fruitless: u32,
    known: Known,
}

impl<C: PagedCall> Reading<C> {
    /// The next page that brings something, and the rest of the reading, if there is any.
    async fn next(mut self) -> Result<Option<(Response<C::Page>, Option<Self>)>, Error> {
        let mut step_back = self.size;
        let mut from = self.next_page();
        // Where to go on after an error: behind what was given, unless that has moved.
        let mut resume = self.position;
        while self.fruitless < FRUITLESS_PAGES {
            let call = self.call.clone().at(from, self.size);
            let page = call.page().await;
            let mut page = page.map_err(|error| error.resuming(C::POSITION, resume))?;
            let items = C::items(&mut page);
            let last_known = items
                .iter()
                .rposition(|item| C::id(item).is_some_and(|id| self.known.has(id)));
            self.fruitless = self.fruitless.saturating_add(1);
            if self.overlap && from > self.start && last_known.is_none() {
                // The list has moved: what comes next may stand before this page now.
                from = from.saturating_sub(step_back).max(self.start);
                resume = from;
                step_back = step_back.saturating_mul(2);
                continue;
            }
            let length = i32::try_from(items.len()).unwrap_or(i32::MAX);
            self.position = from.saturating_add(length);
            self.overlap = items.last().is_some_and(|item| C::id(item).is_some());
            let ended = length < self.size;
            let new = last_known.map_or(0, |last| last.saturating_add(1));
            let all = std::mem::take(items);
            *items = all.into_iter().skip(new).collect();
            for id in items.iter().filter_map(C::id) {
                if self.known.learn(id) {
                    self.fruitless = 0;
                }
            }
            if ended {
                return Ok(Some((page, None)));
            }
            if !items.is_empty() {
                return Ok(Some((page, Some(self))));
            }
            from = self.next_page();
            resume = self.position;
            step_back = self.size;
        }
        Err(Error::restless_list(C::POSITION, resume))
    }

    fn next_page(&self) -> i32 {
        let overlap = i32::from(self.overlap);
        self.position.saturating_sub(overlap).max(self.start)
    }
}

/// The ids that were given last, by their hashes.
#[derive(Default)]
struct Known {
    hasher: RandomState,
    hashes: HashSet<u64>,
    order: VecDeque<u64>,
}

impl Known {
    fn has(&self, id: &str) -> bool {
        self.hashes.contains(&self.hasher.hash_one(id))
    }

    /// Remembers an id; says whether it is new.
    fn learn(&mut self, id: &str) -> bool {
        let hash = self.hasher.hash_one(id);
        if !self.hashes.insert(hash) {
            return false;
        }
        self.order.push_back(hash);
        if self.order.len() > KNOWN_IDS
            && let Some(oldest) = self.order.pop_front()
        {
            self.hashes.remove(&oldest);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use proptest::prelude::*;

    use super::*;
    use crate::wire::List;

    /// A change of the list between two pages; the place is a share of its length.
    #[derive(Clone, Debug)]
    enum Change {
        Insert(f64),
        Remove(f64),
    }

    #[derive(Debug, Default)]
    struct Service {
        tasks: Vec<String>,
        /// What changes after each page.
        script: VecDeque<Vec<Change>>,
        removed: HashSet<String>,
        inserted: usize,
        requests: Vec<i32>,
        under_way: usize,
        most_under_way: usize,
    }

    impl Service {
        fn answer(&mut self, first: i32, position: i32, size: i32) -> Vec<String> {
            let skip = usize::try_from(position - first).unwrap();
            let size = usize::try_from(size).unwrap();
            self.requests.push(position);
            let page = self.tasks.iter().skip(skip).take(size).cloned().collect();
            for change in self.script.pop_front().unwrap_or_default() {
                let at = |share: f64, length: usize| (share * length as f64) as usize;
                match change {
                    Change::Insert(share) => {
                        self.inserted += 1;
                        let id = format!("new{}", self.inserted);
                        self.tasks.insert(at(share, self.tasks.len() + 1), id);
                    }
                    Change::Remove(share) if !self.tasks.is_empty() => {
                        let removed = self.tasks.remove(at(share, self.tasks.len()));
                        self.removed.insert(removed);
                    }
                    Change::Remove(_) => {}
                }
            }
            page
        }
    }

    /// A call of a service in memory. `FROM` is the position of its first task.
    #[derive(Clone)]
    struct Call<const FROM: i32> {
        service: Arc<Mutex<Service>>,
        position: Option<i32>,
        size: Option<i32>,
    }

    impl<const FROM: i32> PagedCall for Call<FROM> {
        type Page = List<String>;
        type Item = String;
        const FIRST: i32 = FROM;
        const PAGE_SIZE: i32 = 20;
        const POSITION: &'static str = "offset";

        fn position(&self) -> Option<i32> {
            self.position
        }

        fn page_size(&self) -> Option<i32> {
            self.size
        }

        fn at(mut self, position: i32, page_size: i32) -> Self {
            self.position = Some(position);
            self.size = Some(page_size);
            self
        }

        async fn page(self) -> Result<Response<List<String>>, Error> {
            let (position, size) = (self.position.unwrap(), self.size.unwrap());
            {
                let mut service = self.service.lock().unwrap();
                service.under_way += 1;
                service.most_under_way = service.most_under_way.max(service.under_way);
            }
            // Others that are under way get their turn.
            tokio::task::yield_now().await;
            let mut service = self.service.lock().unwrap();
            service.under_way -= 1;
            if position == 666 {
                return Err(Error::configuration("broken"));
            }
            Ok(Response::new(service.answer(FROM, position, size).into()))
        }

        fn items(page: &mut List<String>) -> &mut List<String> {
            page
        }

        fn id(item: &String) -> Option<&str> {
            (!item.starts_with("nameless")).then_some(item)
        }
    }

    fn service(count: usize, script: Vec<Vec<Change>>) -> Arc<Mutex<Service>> {
        Arc::new(Mutex::new(Service {
            tasks: (0..count).map(|i| format!("t{i}")).collect(),
            script: script.into(),
            ..Service::default()
        }))
    }

    fn call<const FROM: i32>(service: &Arc<Mutex<Service>>, size: Option<i32>) -> Call<FROM> {
        Call {
            service: service.clone(),
            position: None,
            size,
        }
    }

    fn collect<const FROM: i32>(pages: Pages<Call<FROM>>) -> Result<Vec<String>, Error> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        runtime.block_on(pages.items().try_collect())
    }

    fn changes() -> impl Strategy<Value = Vec<Vec<Change>>> {
        let share = 0.0..1.0_f64;
        let change = prop_oneof![
            share.clone().prop_map(Change::Insert),
            share.prop_map(Change::Remove),
        ];
        prop::collection::vec(prop::collection::vec(change, 0..8), 0..30)
    }

    /// What must hold whatever changes: no id twice, and every task that was there all the while.
    fn check(service: &Arc<Mutex<Service>>, count: usize, given: &[String]) {
        let unique: HashSet<_> = given.iter().collect();
        assert_eq!(unique.len(), given.len(), "an id twice in {given:?}");
        let service = service.lock().unwrap();
        for task in (0..count).map(|i| format!("t{i}")) {
            assert!(
                service.removed.contains(&task) || unique.contains(&task),
                "{task} is lost; given {given:?}, asked {:?}",
                service.requests
            );
        }
    }

    proptest! {
        #[test]
        fn one_page_at_a_time_loses_nothing_that_stays(
            count in 0..60_usize,
            size in 1..12_i32,
            script in changes(),
        ) {
            let from_0 = service(count, script.clone());
            check(&from_0, count, &collect(Pages::new(call::<0>(&from_0, Some(size)))).unwrap());
            let from_1 = service(count, script);
            check(&from_1, count, &collect(Pages::new(call::<1>(&from_1, Some(size)))).unwrap());
        }

        #[test]
        fn several_pages_give_no_id_twice(
            count in 0..60_usize,
            size in 1..12_i32,
            concurrency in 2..6_usize,
            script in changes(),
        ) {
            let service = service(count, script);
            let pages = Pages::new(call::<0>(&service, Some(size))).concurrency(concurrency);
            let given = collect(pages).unwrap();
            let unique: HashSet<_> = given.iter().collect();
            prop_assert_eq!(unique.len(), given.len());
        }

        #[test]
        fn a_list_at_rest_is_given_in_order_by_few_requests(
            count in 0..60_usize,
            size in 2..12_i32,
            concurrency in 1..6_usize,
        ) {
            let service = service(count, Vec::new());
            let pages = Pages::new(call::<1>(&service, Some(size))).concurrency(concurrency);
            let given = collect(pages).unwrap();
            let all: Vec<_> = (0..count).map(|i| format!("t{i}")).collect();
            prop_assert_eq!(given, all);
            let service = service.lock().unwrap();
            prop_assert!(service.most_under_way <= concurrency);
            let full = count / usize::try_from(size).unwrap();
            if concurrency > 1 {
                prop_assert!(service.requests.len() <= full + concurrency, "{:?}", service.requests);
            } else {
                // One task of each page is known already.
                let new = usize::try_from(size - 1).unwrap();
                prop_assert!(service.requests.len() <= count / new + 2, "{:?}", service.requests);
            }
        }
    }

    #[test]
    fn tasks_without_an_id_are_given_as_they_come() {
        for nameless in [vec![3], vec![0, 1, 2, 3, 4, 5, 6, 7, 8, 9], vec![4, 9]] {
            let service = service(10, Vec::new());
            for place in &nameless {
                service.lock().unwrap().tasks[*place] = format!("nameless{place}");
            }
            let all = service.lock().unwrap().tasks.clone();
            for size in 1..7 {
                assert_eq!(
                    collect(Pages::new(call::<0>(&service, Some(size)))).unwrap(),
                    all
                );
            }
        }
    }

    #[test]
    fn a_page_is_never_larger_than_the_service_gives() {
        let service = service(25, Vec::new());
        assert_eq!(
            collect(Pages::new(call::<0>(&service, Some(5000))))
                .unwrap()
                .len(),
            25
        );
        let pages = Pages::new(call::<0>(&service, Some(5000))).concurrency(2);
        assert_eq!(collect(pages).unwrap().len(), 25);
    }

    #[test]
    fn a_list_is_read_from_where_the_call_says() {
        let service = service(20, Vec::new());
        let mut call = call::<0>(&service, Some(5));
        call.position = Some(12);
        let given = collect(Pages::new(call)).unwrap();
        assert_eq!(given, (12..20).map(|i| format!("t{i}")).collect::<Vec<_>>());
    }

    #[test]
    fn an_error_ends_the_stream_and_says_where_to_go_on() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        for concurrency in [1, 3] {
            let service = service(1000, Vec::new());
            // Pages of 7 begin at 666 with a task that is known; pages of 9 begin there without.
            let size = if concurrency == 1 { 7 } else { 9 };
            let pages = Pages::new(call::<0>(&service, Some(size))).concurrency(concurrency);
            let (given, errors) = runtime.block_on(async {
                let all: Vec<_> = pages.items().collect().await;
                all.into_iter().partition::<Vec<_>, _>(Result::is_ok)
            });
            let [Err(error)] = errors.as_slice() else {
                panic!("one error ends the stream")
            };
            let resume = error.resume_at().unwrap();
            assert_eq!(
                given.len(),
                usize::try_from(resume).unwrap(),
                "{concurrency}"
            );
            assert!(
                error
                    .to_string()
                    .contains(&format!("go on with offset {resume}"))
            );
        }
    }

    #[test]
    fn a_list_that_never_rests_ends_in_an_error() {
        // Whatever is read is gone before the next page, and as much is new.
        let turmoil = vec![
            Change::Remove(0.0),
            Change::Remove(0.0),
            Change::Insert(0.0),
            Change::Insert(0.0),
        ];
        let service = service(2, vec![turmoil; 10_000]);
        let pages = Pages::new(call::<0>(&service, Some(2)));
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let given: usize = runtime.block_on(async {
            pages
                .items()
                .take(5000)
                .filter(|item| std::future::ready(item.is_ok()))
                .count()
                .await
        });
        // It gives what is new for as long as somebody reads; it never spins without giving.
        assert!(given > 0);
        assert!(service.lock().unwrap().requests.len() <= 2 * 5000);
    }

    #[test]
    fn what_is_known_does_not_grow_without_end() {
        let mut known = Known::default();
        for i in 0..3 * KNOWN_IDS {
            assert!(known.learn(&i.to_string()));
        }
        assert_eq!(
            (known.hashes.len(), known.order.len()),
            (KNOWN_IDS, KNOWN_IDS)
        );
        assert!(!known.has("0") && known.has(&(3 * KNOWN_IDS - 1).to_string()));
    }
}
