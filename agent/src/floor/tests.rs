mod property;
mod sentences;
mod site;
