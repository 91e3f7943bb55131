//! Every fault of a cell and of a fact, with its line, column and words.

use super::{super::super::fact::Kind, check};

#[test]
fn a_cell_that_is_no_value_is_named_with_line_column_rule_and_way_out() {
    for (kind, file, fault) in [
        (Kind::Item, "code,feed\n,acme\n", "line 2, code: is empty; it is needed; fill it in"),
        (Kind::Item, "code,feed\nX,\n", "line 2, feed: is empty; it is needed; fill it in"),
        (
            Kind::Item,
            "code,feed\nX,no way\n",
            "line 2, feed \"no way\": cannot be taken: feed name contains ' '; allowed are letters, digits, '.', '_', '-'; \
             correct the cell",
        ),
        (
            Kind::Item,
            "code,feed,unit\nX,acme,2BX\n",
            "line 2, unit \"2BX\": cannot be taken: unit contains '2'; allowed are letters and digits, a letter first; \
             correct the cell",
        ),
        (
            Kind::Item,
            "code,feed,tracking\nX,acme,batch\n",
            "line 2, tracking \"batch\": is none of the words of this column; write none, lot or serial",
        ),
        (
            Kind::Item,
            "code,feed,expires\nX,acme,1\n",
            "line 2, expires \"1\": is none of the words of this column; write yes or no",
        ),
        (
            Kind::Item,
            "code,feed,class\nX,acme,D\n",
            "line 2, class \"D\": is none of the words of this column; write A, B or C",
        ),
        (
            Kind::Item,
            "code,feed,piece_weight_g\nX,acme,\"8,05\"\n",
            "line 2, piece_weight_g \"8,05\": has a comma, which may be a decimal or a thousands separator; write decimals \
             with a point and thousands without a separator: 1234.5",
        ),
        (
            Kind::Item,
            "code,feed,piece_weight_g\nX,acme,8 g\n",
            "line 2, piece_weight_g \"8 g\": is no number of grams; write grams with a point: 8.05",
        ),
        (
            Kind::Item,
            "code,feed,piece_weight_g\nX,acme,0.0000001\n",
            "line 2, piece_weight_g \"0.0000001\": is finer than a microgram; write six digits after the point at most",
        ),
        (
            Kind::Item,
            "code,feed,piece_weight_g\nX,acme,9999999999999\n",
            "line 2, piece_weight_g \"9999999999999\": is more than fits; write the weight in grams",
        ),
        (
            Kind::Item,
            "code,feed,piece_weight_g,piece_cv\nX,acme,8.05,1%\n",
            "line 2, piece_cv \"1%\": is no number; write a share with a point: 0.01 for 1 %",
        ),
        (
            Kind::Item,
            "code,feed,piece_weight_g,piece_cv\nX,acme,,0.01\n",
            "line 2, piece_cv \"0.01\": stands without piece_weight_g; write the weight too, or empty the cell",
        ),
        (
            Kind::Item,
            "code,feed,site_min\nX,acme,-5\n",
            "line 2, site_min \"-5\": is no whole number from 0; write digits alone",
        ),
        (
            Kind::Item,
            "code,feed,site_min\nX,acme,99999999999999999999\n",
            "line 2, site_min \"99999999999999999999\": has more digits than fit; write a smaller number",
        ),
        (
            Kind::Code,
            "code,item\n4.00638E+12,M8\n",
            "line 2, code \"4.00638E+12\": is a number that a spreadsheet has shortened; its digits are lost; give the \
             column the format Text and enter it anew",
        ),
        (
            Kind::Bin,
            "name,item,taken_to\nB,M8,shelf\n",
            "line 2, taken_to \"shelf\": cannot be taken: \"shelf\" is no place; places are vendor, dock, bin:NAME, bench, \
             quarantine, field:NAME, asset:NAME, used, scrap, variance; correct the cell",
        ),
        (Kind::Container, "name,tare_g\nTRAY,\n", "line 2, tare_g: is empty; it is needed; weigh an empty one"),
        (
            Kind::Shipment,
            "sscc,order,line,item,qty\n340123451111111112,PO-1,1,M8,5\n",
            "line 2, sscc \"340123451111111112\": cannot be taken: check digit does not fit; scan the label again; correct \
             the cell",
        ),
        (Kind::Shipment, "order,line,item,qty\nPO-1,1,M8,\n", "line 2, qty: is empty; it is needed; write base units"),
        (
            Kind::Shipment,
            "order,line,item,qty\nPO-1,1,M8,0\n",
            "line 2, qty \"0\": cannot be taken: quantity 0 is outside 1..=1000000000000; write base units",
        ),
    ] {
        check(kind, file, &[fault]);
    }
}

#[test]
fn a_fact_that_breaks_a_rule_is_named_the_same_way() {
    for (kind, file, fault) in [
        (
            Kind::Item,
            "code,feed\nBW:QTY:3,acme\n",
            "line 2, code \"BW:QTY:3\": begins with BW:, as command labels do: no scan of it would be a part; choose \
             another code",
        ),
        (
            Kind::Item,
            "code,feed\nX,zeta\n",
            "line 2, feed \"zeta\": names feed \"zeta\", which nobody knows; write acme or boltco, or add a [[feed]] to \
             the site's file",
        ),
        (
            Kind::Item,
            "code,feed\nX,unassigned\n",
            "line 2, feed \"unassigned\": is the agent's own feed of items that nobody knows; write acme or boltco, or add \
             a [[feed]] to the site's file",
        ),
        (
            Kind::Item,
            "code,feed\nM8,boltco\n",
            "line 2, feed \"boltco\": cannot change: what was recorded of the item stands in the feed of acme; give the \
             other vendor's part a code of its own",
        ),
        (
            Kind::Item,
            "code,feed\nV-77,acme\n",
            "line 2, code \"V-77\": stands for item \"SEAL\" already; choose another code, or remove that one from codes \
             first",
        ),
        (
            Kind::Item,
            "code,feed\n04006381333931,acme\n",
            "line 2, code \"04006381333931\": stands for item \"M8\" already, written as 4006381333931 there; a GTIN is the \
             same in all lengths: correct one of the two",
        ),
        (
            Kind::Item,
            "code,feed,unit\nM8,acme,BX\n",
            "line 2, unit \"BX\": is what code \"4006381333931\" calls 12 of them; give the pack another unit, BX say",
        ),
        (
            Kind::Item,
            "code,feed,site_min,site_max\nX,acme,20,10\n",
            "line 2, site_min \"20\": is 20, above 10 in site_max; lower it, or raise site_max",
        ),
        (
            Kind::Item,
            "code,feed,site_max\nX,acme,1000000000001\n",
            "line 2, site_max \"1000000000001\": is above the largest quantity, 1000000000000; write base units",
        ),
        (
            Kind::Item,
            "code,feed,piece_weight_g\nX,acme,-8.05\n",
            "line 2, piece_weight_g \"-8.05\": is no weight of a piece; write grams, more than 0 and 1000000 at most",
        ),
        (
            Kind::Item,
            "code,feed,piece_weight_g,piece_cv\nX,acme,8,1.5\n",
            "line 2, piece_cv \"1.5\": must be 0 to 0.5; write the share by which single pieces differ: 0.01 for 1 %",
        ),
        (
            Kind::Item,
            "code,feed,piece_weight_g,piece_sample\nX,acme,8,1\n",
            "line 2, piece_sample \"1\": must be 2 or more: one piece says nothing about the next; weigh at least 10 pieces \
             together",
        ),
        (
            Kind::Item,
            "code,feed,description\nFIXED,acme,Bolt\n",
            "line 2, description \"Bolt\": stands in the site's file; change it there",
        ),
        (
            Kind::Code,
            "code,item\nBW:USE,M8\n",
            "line 2, code \"BW:USE\": begins with BW:, as command labels do: no scan of it would be a part; choose another \
             code",
        ),
        (
            Kind::Code,
            "code,item,factor\nX,M8,0\n",
            "line 2, factor \"0\": must be 1 to 1000000; write how many base units one scan of the code stands for",
        ),
        (
            Kind::Code,
            "code,item,factor\nX,M8,1000001\n",
            "line 2, factor \"1000001\": must be 1 to 1000000; write how many base units one scan of the code stands for",
        ),
        (
            Kind::Code,
            "code,item\nX,M9\n",
            "line 2, item \"M9\": names item \"M9\", which nobody knows; import it with items.csv first",
        ),
        (
            Kind::Code,
            "code,item\nX,V-77\n",
            "line 2, item \"V-77\": names item \"V-77\", which nobody knows; it is a code of \"SEAL\"; write \"SEAL\"",
        ),
        (
            Kind::Code,
            "code,item\nM8,M8\n",
            "line 2, code \"M8\": is the item's own code; leave the row out: it is known by it",
        ),
        (Kind::Code, "code,item\nSEAL,M8\n", "line 2, code \"SEAL\": is the code of another item; choose another code"),
        (
            Kind::Code,
            "code,item\n04006381333931,SEAL\n",
            "line 2, code \"04006381333931\": stands for item \"M8\" already, written as 4006381333931 there; a GTIN is the \
             same in all lengths: correct one of the two",
        ),
        (
            Kind::Code,
            "code,item\n00000096385074,SEAL\n",
            "line 2, code \"00000096385074\": stands for item \"96385074\" already, written as 96385074 there; a GTIN is \
             the same in all lengths: correct one of the two",
        ),
        (
            Kind::Code,
            "code,item,factor\n04006381333931,M8,10\n",
            "line 2, factor \"10\": stands for 12 already, written as 4006381333931 there; a GTIN is the same in all \
             lengths: remove one of the two",
        ),
        (
            Kind::Code,
            "code,item,namespace\n4006381333932,M8,gtin\n",
            "line 2, code \"4006381333932\": is no GTIN: check digit does not fit; scan the label again; write 8, 12, 13 or \
             14 digits; spreadsheets take zeros off the front",
        ),
        (
            Kind::Code,
            "code,item,namespace\n2000000000008,M8,gtin\n",
            "line 2, code \"2000000000008\": is a number that companies give out for themselves (02, 04, 20 to 29); write \
             vendor, customer or other as its namespace",
        ),
        (
            Kind::Code,
            "code,item,factor,unit\nX,M8,12,ea\n",
            "line 2, unit \"ea\": is EA, the item's base unit, of which the code stands for 12; give the pack another unit, \
             BX say",
        ),
        (
            Kind::Container,
            "name,tare_g\nTRAY,-1\n",
            "line 2, tare_g \"-1\": is negative; write what it weighs, 0 or more grams",
        ),
        (
            Kind::Container,
            "name,tare_g,spread_g\nTRAY,1,-0.1\n",
            "line 2, spread_g \"-0.1\": is negative; write what it weighs, 0 or more grams",
        ),
        (
            Kind::Bin,
            "name,item,tare_g\nB,M8,1000001\n",
            "line 2, tare_g \"1000001\": is more than a tonne; write grams",
        ),
        (
            Kind::Bin,
            "name,item\nB,M9\n",
            "line 2, item \"M9\": names item \"M9\", which nobody knows; import it with items.csv first",
        ),
        (
            Kind::Bin,
            "name,item,container\nB,M8,TRAY\n",
            "line 2, container \"TRAY\": names container \"TRAY\", which nobody knows; import it with containers.csv first",
        ),
        (Kind::Bin, "name,item,min,max\nB,M8,5,4\n", "line 2, min \"5\": is 5, above 4 in max; lower it, or raise max"),
        (
            Kind::Bin,
            "name,item,capacity,max\nB,M8,30,40\n",
            "line 2, capacity \"30\": is 30, less than 40 in max; lower max, or write what really fits",
        ),
        (
            Kind::Bin,
            "name,item,taken_to\nB,M8,bin:B\n",
            "line 2, taken_to \"bin:B\": cannot be: nothing may go from bin:B to bin:B; choose another place, used and dock \
             say",
        ),
        (
            Kind::Bin,
            "name,item,filled_from\nB,M8,scrap\n",
            "line 2, filled_from \"scrap\": cannot be: nothing may go from scrap to bin:B; choose another place, used and \
             dock say",
        ),
        (
            Kind::Operator,
            "badge,name\nBW:1,Ann\n",
            "line 2, badge \"BW:1\": begins with BW:, as command labels do: no scan of it would be a part; choose another \
             code",
        ),
        (
            Kind::Shipment,
            "order,line,item,qty\nPO-1,1/2,M8,5\n",
            "line 2, line \"1/2\": contains '/'; write the line's number, 10 or 10.1",
        ),
        (
            Kind::Shipment,
            "order,line,item,qty\nPO-1,1,M9,5\n",
            "line 2, item \"M9\": names item \"M9\", which nobody knows; import it with items.csv first",
        ),
    ] {
        check(kind, file, &[fault]);
    }
}
