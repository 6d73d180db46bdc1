import { Name } from '../parts/basics.tsx';
import { linkTo } from '../router.ts';

/** An address that leads nowhere, and where it may have been meant to lead. */
export function UnknownPage({ what, find }: { readonly what: string; readonly find?: string }) {
  return (
    <article>
      <h1>Nothing here</h1>
      <p>
        <Name>{what}</Name>. It may have been removed or renamed since the link was made.
      </p>
      <p>
        {find === undefined ? null : (
          <>
            <a href={linkTo.search(find)}>Search for it</a> or{' '}
          </>
        )}
        <a href={linkTo.overview}>go to the overview</a>.
      </p>
    </article>
  );
}
